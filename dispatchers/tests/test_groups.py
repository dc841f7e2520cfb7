"""Who sees and does what: every group against every page and deed."""

import pytest
from django.contrib.auth.models import Group

from bundles.tests.factories import BundleFactory
from dispatchers.deeds import DEEDS
from orders.tests.factories import OrderFactory

pytestmark = pytest.mark.django_db

RECORDS = ["couriers/courier", "orders/order", "bundles/bundle"]
ANYONE = {"viewer", "dispatcher", "payroll", "superuser"}
SEEN = {
    "": ANYONE,
    **{f"{records}/": ANYONE for records in RECORDS},
    **{f"{records}/1/change/": ANYONE for records in RECORDS},
    "couriers/courier/1/why/": ANYONE,
    "orders/order/1/why/": ANYONE,
    **{f"{records}/add/": set() for records in RECORDS},
    **{f"{records}/1/delete/": set() for records in RECORDS},
    **{f"dispatch/{name}/?courier=1": {"dispatcher", "superuser"} for name in DEEDS},
    "day/": ANYONE,
    "day/?courier=1": ANYONE,
    "pay/": {"payroll", "superuser"},
    "pay/?csv=1": {"payroll", "superuser"},
    "auth/user/": {"superuser"},
    "auth/user/add/": {"superuser"},
    "auth/group/": {"superuser"},
    "access/token/": {"superuser"},
    "access/token/add/": {"superuser"},
}


@pytest.fixture
def store():
    OrderFactory(order_id=1, bundle=BundleFactory(bundle_id=1, courier__courier_id=1))


@pytest.mark.parametrize("who", [*sorted(ANYONE), "staff of no group"])
@pytest.mark.parametrize("path", SEEN)
def test_each_sees_and_does_what_is_his(client, store, django_user_model, who, path):
    user = django_user_model.objects.create(username="someone", is_staff=True, is_superuser=who == "superuser")
    user.groups.set(Group.objects.filter(name=who))
    client.force_login(user)

    allowed = who in SEEN[path] or path == ""  # the first page shows each what he may see
    assert client.get(f"/admin/{path}").status_code == (200 if allowed else 403)
    if path.startswith("dispatch/"):
        assert client.post(f"/admin/{path}").status_code == (200 if allowed else 403)


def test_there_are_three_groups():
    assert sorted(Group.objects.values_list("name", flat=True)) == ["dispatcher", "payroll", "viewer"]
    assert [
        f"{permission.content_type.app_label}.{permission.codename}"
        for permission in Group.objects.get(name="dispatcher").permissions.order_by("codename")
    ] == [
        "couriers.add_courier",
        "orders.add_order",
        "couriers.change_courier",
        "dispatchers.dispatch",
        "bundles.view_bundle",
        "couriers.view_courier",
        "orders.view_order",
    ]

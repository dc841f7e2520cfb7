"""What was delivered before totals and earnings were kept is booked when a store is migrated."""

from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from django.core.management import call_command
from django.db import connection

from bundles.models import Bundle
from bundles.services import assign_orders, change_courier, complete_order
from bundles.tests.scenes import add_orders, recomputed, rows, totals
from couriers.models import Courier, CourierType
from couriers.tests.factories import CourierFactory

NOW = datetime(2026, 1, 10, 9, tzinfo=UTC)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def migrate():
    yield lambda *target: call_command("migrate", *target, verbosity=0)
    call_command("migrate", verbosity=0)


def history(seed=1):
    """Couriers of each type, each with a bundle delivered, one half delivered and one not at all before the rest was
    released, and one half delivered; and one who did nothing. Complete times are in any order.
    """
    random = Random(seed)
    add_orders({"order_id": n, "region": random.randint(1, 3), "weight": random.randint(1, 5)} for n in range(1, 150))
    couriers = [CourierFactory(courier_type=kind, regions=[1, 2, 3]) for kind in [*CourierType.values, "foot"]]
    for share, released in [(1, False), (0.5, True), (0, True), (0.5, False)]:
        for courier in couriers[:3]:
            carried = assign_orders(courier_id=courier.courier_id, now=NOW).order_ids
            for order_id in random.sample(carried, int(len(carried) * share)):
                late = timedelta(seconds=random.randint(-100, 5_000), microseconds=random.randint(0, 999_999))
                complete_order(courier_id=courier.courier_id, order_id=order_id, complete_time=NOW + late)
            if released:
                change_courier(courier_id=courier.courier_id, changes={"regions": []})
                change_courier(courier_id=courier.courier_id, changes={"regions": [1, 2, 3]})


def test_a_store_that_has_delivered_is_migrated_back_and_forth(migrate):
    history()
    before = rows()
    assert Bundle.objects.filter(is_completed=True).count() == 9
    assert Bundle.objects.active().filter(orders__complete_time__isnull=False).distinct().count() == 3

    migrate("couriers", "0001")
    assert "delivery_totals" not in connection.introspection.table_names()
    migrate()

    assert rows() == before
    assert (totals(), dict(Courier.objects.values_list("pk", "earnings"))) == recomputed()
    assert len(totals()) == 9


def test_bookings_are_taken_back_and_made_again(migrate):
    history()
    before = rows()

    migrate("bundles", "0002")
    assert totals() == {}
    assert set(Courier.objects.values_list("earnings", flat=True)) == {0}
    migrate()

    assert rows() == before


def test_a_store_without_deliveries_has_nothing_to_book(migrate):
    CourierFactory()

    migrate("couriers", "0001")
    migrate()

    assert totals() == {}
    assert Courier.objects.get().earnings == 0

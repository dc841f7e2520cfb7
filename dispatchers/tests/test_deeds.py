"""What a dispatcher does: shown before it is done, done row by row, and told row by row."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from bundles.models import Bundle
from bundles.services import change_courier, complete_order
from bundles.tests.scenes import rows
from couriers.models import Courier
from couriers.tests.factories import CourierFactory
from dispatchers.tests.deeds import change_form, confirm, deed, kept, links, told
from orders.models import Order
from orders.tests.factories import OrderFactory
from record.models import Event
from sweets_store.acting import command_acts
from sweets_store.tests.pages import words

pytestmark = pytest.mark.django_db


def test_an_assign_is_shown_and_then_done(dispatcher, scene):
    before = rows()
    shown = deed("assign", dispatcher, couriers="5, 6, 7")

    assert told(shown) == [
        "Courier 5 He gets 2 orders: 1, 2",
        "Courier 6 Refused Nothing that he can carry is free.",
        "Courier 7 Refused He carries a bundle since 2026-01-10 09:00:00, and gets nothing new until it is completed.",
    ]
    assert "1 can be done. 2 refused." in words(shown)
    assert rows() == before

    done = confirm(dispatcher, shown)

    assert told(done) == ["Courier 5 Done He gets 2 orders: 1, 2"]
    assert set(Event.objects.filter(courier_id=5).values_list("door", "actor")) == {("admin", "dispatcher")}
    assert list(Order.objects.filter(bundle__courier_id=5).values_list("pk", flat=True)) == [1, 2]


def test_all_idle_couriers_of_regions_are_assigned(dispatcher, scene, noon):
    """Who is on shift at this minute and carries nothing, as on the board."""
    CourierFactory(courier_id=4, regions=[1], working_hours=["08:00-11:59", "13:00-18:00"])
    CourierFactory(courier_id=8, regions=[2])
    CourierFactory(courier_id=9, regions=[9], working_hours=["12:00-12:01"])

    shown = deed("assign", dispatcher, regions="1 9")

    assert [row.split(" ")[1] for row in told(shown)] == ["5", "6", "9"]
    assert kept(shown)["regions"] == ""


def test_idle_is_read_by_the_shop_s_clock(dispatcher, scene, noon, settings):
    settings.TIME_ZONE = "America/New_York"  # where it is 07:00

    shown = deed("assign", dispatcher, regions="1 9")

    assert told(shown) == []
    assert "Nobody of these regions is on shift now and carries nothing." in words(shown)


def test_a_delivery_is_shown_and_then_done(dispatcher, scene):
    before = rows()
    shown = deed("complete", dispatcher, orders="70, 1, 99", complete_time="2026-01-10T10:00")

    assert told(shown) == [
        "Order 70 Courier 7 delivered it at 2026-01-10 10:00:00.",
        "Order 1 Refused No courier carries order 1: it is free.",
        "Order 99 Refused There is no order 99.",
    ]
    assert rows() == before

    assert told(confirm(dispatcher, shown)) == ["Order 70 Done Courier 7 delivered it at 2026-01-10 10:00:00."]
    assert Bundle.objects.get(courier_id=7).is_completed


def test_a_delivery_without_a_time_is_of_the_moment_shown(dispatcher, scene):
    start = timezone.now()

    confirm(dispatcher, deed("complete", dispatcher, orders="70", complete_time=""))

    assert start <= Order.objects.get(pk=70).complete_time <= timezone.now()


def test_who_asks_differently_finds_the_time_that_he_had_given(dispatcher, scene, settings):
    settings.TIME_ZONE = "Europe/Berlin"
    shown = deed("complete", dispatcher, orders="70", complete_time="2026-01-10T10:33:01")

    form = deed("complete", dispatcher, **kept(shown), differently="").content.decode()

    assert re.search(r'name="complete_time"[^>]*value="2026-01-10T10:33:01"', form) or re.search(
        r'value="2026-01-10T10:33:01"[^>]*name="complete_time"', form
    )


def test_who_asks_differently_may_have_asked_for_more_than_a_url_holds(dispatcher, scene):
    """The server reads no request line of more than 4,094 characters."""
    regions = list(map(str, range(10**6, 10**6 + 1000)))
    shown = deed("change", dispatcher, **change_form(dispatcher, 6) | {"regions": "\n".join(regions)})

    form = deed("change", dispatcher, **kept(shown), differently="")

    assert max(map(len, links(shown))) < 4000
    assert re.search(r'name="regions".*?>([^<]*)<', form.content.decode(), re.DOTALL)[1].split() == regions
    assert not Event.objects.filter(courier_id=6, what="changed").exists()


def test_more_couriers_than_are_done_at_once_are_refused_and_none_is_left_out_unsaid(dispatcher, noon):
    Courier.objects.bulk_create(CourierFactory.build(courier_id=n, regions=[3]) for n in range(1, 103))

    answer = deed("assign", dispatcher, couriers="900", regions="3")

    assert "These are 103 couriers, and at most 100 are done at once." in words(answer)
    assert told(answer) == []


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "UTC"])
@pytest.mark.parametrize("at", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z"])
def test_no_time_that_a_phone_tells_breaks_a_page(dispatcher, api, scene, settings, zone, at):
    settings.TIME_ZONE = zone
    done = api.post("/orders/complete", {"courier_id": 7, "order_id": 70, "complete_time": at})
    bundle_id = Bundle.objects.get().pk

    assert done.status == 200
    for page in (
        "orders/order/",
        "orders/order/?assigned=today",
        "orders/order/70/change/",
        "orders/order/70/why/",
        "couriers/courier/7/change/",
        f"bundles/bundle/{bundle_id}/change/",
        "day/",
        "pay/",
        "",
    ):
        assert dispatcher.get(f"/admin/{page}").status_code == 200, page
    assert deed("undo", dispatcher, orders="70").status_code == 200


@pytest.mark.parametrize("given", ["%20", "x", "-1", "9" * 30, "%00", "1&courier=2"])
def test_no_query_breaks_a_page(dispatcher, scene, given):
    for page in (f"day/?after={given}", f"dispatch/change/?courier={given}", f"day/?courier={given}"):
        assert dispatcher.get(f"/admin/{page}").status_code in (200, 400, 404)


def test_a_release_of_orders_is_shown_and_then_done(dispatcher, scene):
    before = rows()
    shown = deed("release", dispatcher, orders="70 1 99")

    assert told(shown) == [
        "Order 70 Courier 7 no longer carries 1 order: 70. His bundle is completed.",
        "Order 1 Refused No courier carries order 1: it is free.",
        "Order 99 Refused There is no order 99.",
    ]
    assert rows() == before

    assert told(confirm(dispatcher, shown)) == [
        "Order 70 Done Courier 7 no longer carries 1 order: 70. His bundle is completed."
    ]
    assert Order.objects.get(pk=70).bundle is None


def test_a_release_of_a_bundle_is_shown_and_then_done(dispatcher, scene):
    bundle = Bundle.objects.get()
    before = rows()
    shown = deed("release-bundle", dispatcher, bundles=f"{bundle.pk} 99")

    assert told(shown) == [
        f"Bundle {bundle.pk} Courier 7 no longer carries 1 order: 70. His bundle is completed.",
        "Bundle 99 Refused There is no bundle 99.",
    ]
    assert rows() == before

    confirm(dispatcher, shown)
    assert Order.objects.get(pk=70).bundle is None


def test_a_move_is_shown_and_then_done(dispatcher, scene):
    OrderFactory(order_id=71, region=8, bundle=Bundle.objects.get())
    CourierFactory(courier_id=9, regions=[9])
    bundle = Bundle.objects.get()
    before = rows()
    shown = deed("move", dispatcher, bundle=bundle.pk, courier="9")

    assert told(shown) == [
        f"Bundle {bundle.pk} Courier 9 takes over 1 order: 70. These do not fit him and stay: 71 (region)"
    ]
    assert rows() == before

    confirm(dispatcher, shown)
    assert list(Bundle.objects.values_list("courier_id", "orders")) == [(7, 71), (9, 70)]


def test_an_undo_is_shown_with_pay_and_rating_and_then_done(dispatcher, scene):
    now = timezone.now()
    complete_order(courier_id=7, order_id=70, complete_time=now)
    bundle = Bundle.objects.get()
    before = rows()
    shown = deed("undo", dispatcher, orders="70 1")

    assert told(shown) == [
        f"Order 70 Courier 7 carries it again, in Bundle {bundle.pk}. Earnings: 1000 → 0. Rating: 0.00 → none.",
        "Order 1 Refused No courier carries order 1: it is free.",
    ]
    assert rows() == before

    confirm(dispatcher, shown)
    assert Order.objects.get(pk=70).complete_time is None


def test_an_undo_comes_too_late_after_the_time_set(dispatcher, scene, settings):
    settings.UNDO_MINUTES = 30
    with command_acts("complete", at=timezone.now() - timedelta(minutes=31)):
        complete_order(courier_id=7, order_id=70, complete_time=timezone.now())

    assert told(deed("undo", dispatcher, orders="70")) == [
        "Order 70 Refused That order 70 is delivered was said more than 30 minutes ago."
    ]


def test_a_mistyped_time_is_told_and_can_be_taken_back(dispatcher, scene):
    shown = deed("complete", dispatcher, orders="70", complete_time="2020-01-01T10:00")
    confirm(dispatcher, shown)
    undone = deed("undo", dispatcher, orders="70")

    assert told(shown) == [
        "Order 70 Courier 7 delivered it at 2020-01-01 10:00:00, before it was assigned at 2026-01-10 09:00:00."
    ]
    assert told(undone)[0].startswith("Order 70 Courier 7 carries it again")


def test_nothing_is_delivered_later_than_a_clock_may_be_fast(dispatcher, scene, noon):
    fast = deed("complete", dispatcher, orders="70", complete_time="2026-01-10T12:05")
    to_come = deed("complete", dispatcher, orders="70", complete_time="2026-01-10T12:06")

    assert told(fast) == ["Order 70 Courier 7 delivered it at 2026-01-10 12:05:00."]
    assert told(to_come) == []
    assert "This is still to come." in words(to_come)


def test_a_change_of_a_courier_is_shown_with_its_releases_and_then_done(dispatcher, scene):
    form = change_form(dispatcher, 7)
    assert (form["courier_type"], form["regions"], form["working_hours"]) == ("foot", "1\n9", "09:00-18:00")
    before = rows()

    shown = deed("change", dispatcher, **form | {"regions": "1, 2", "working_hours": "08:00-09:30"})

    assert told(shown) == [
        "Courier 7 Regions: 1, 9 → 1, 2 Working hours: 09:00-18:00 → 08:00-09:30 He no longer carries 1 order: 70"
    ]
    assert rows() == before

    confirm(dispatcher, shown)
    courier = Courier.objects.get(pk=7)
    assert (courier.courier_type, courier.regions, courier.working_hours) == ("foot", [1, 2], ["08:00-09:30"])
    assert Order.objects.get(pk=70).bundle is None


def test_a_change_keeps_what_another_dispatcher_changed_meanwhile(dispatcher, scene):
    form = change_form(dispatcher, 5)
    change_courier(courier_id=5, changes={"courier_type": "car"})

    confirm(dispatcher, deed("change", dispatcher, **form | {"regions": "3"}))

    courier = Courier.objects.get(pk=5)
    assert (courier.courier_type, courier.regions) == ("car", [3])


def test_a_change_that_was_shown_is_not_done_to_another_courier_than_shown(dispatcher, scene):
    shown = deed("change", dispatcher, **change_form(dispatcher, 5) | {"regions": "3"})
    change_courier(courier_id=5, changes={"regions": [4]})

    assert told(confirm(dispatcher, shown)) == [
        "Courier 5 Refused Not done, for something changed meanwhile. Now: Regions: 4 → 3 He keeps all that he carries."
    ]
    assert Courier.objects.get(pk=5).regions == [4]

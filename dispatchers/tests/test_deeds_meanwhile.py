"""Deeds of which something changed since they were shown: double clicks, stale pages, two dispatchers at once."""

from datetime import timedelta

import pytest
from django.db import OperationalError, transaction
from django.utils import timezone

from bundles.dispatch import release_bundle, undo_completion
from bundles.models import Bundle
from bundles.services import assign_orders, complete_order
from bundles.tests.scenes import NOW, rows
from couriers.tests.factories import CourierFactory
from dispatchers.deeds import DEEDS
from dispatchers.tests.deeds import change_form, confirm, deed, told
from orders.models import Order
from orders.tests.factories import OrderFactory
from sweets_store.tests.pages import words
from sweets_store.tests.side_by_side import results, started

pytestmark = pytest.mark.django_db


def test_a_second_click_does_nothing_and_says_so(dispatcher, scene):
    shown = deed("assign", dispatcher, couriers="5")
    confirm(dispatcher, shown)
    before = rows()

    again = confirm(dispatcher, shown)

    assert "Courier 5 Refused Not done, for something changed meanwhile. Now: He carries a bundle" in told(again)[0]
    assert rows() == before


def test_what_is_so_already_is_said_to_be(dispatcher, scene):
    delivered = deed("complete", dispatcher, orders="70", complete_time="")
    changed = deed("change", dispatcher, **change_form(dispatcher, 6) | {"regions": "2"})

    for shown, said in ((delivered, "It is delivered already."), (changed, "He is so already.")):
        confirm(dispatcher, shown)
        assert told(confirm(dispatcher, shown))[0].endswith(f"Not done, for something changed meanwhile. Now: {said}")


def test_who_comes_second_is_told_what_changed(dispatcher, scene):
    shown = deed("assign", dispatcher, couriers="5")
    OrderFactory(order_id=3, region=1)
    before = rows()

    late = confirm(dispatcher, shown)

    assert told(late) == ["Courier 5 Refused Not done, for something changed meanwhile. Now: He gets 3 orders: 1, 2, 3"]
    assert "0 done. 1 refused." in words(late)
    assert rows() == before


def test_a_delivery_by_his_own_phone_meanwhile_stays(dispatcher, scene):
    shown = deed("complete", dispatcher, orders="70", complete_time="")
    complete_order(courier_id=7, order_id=70, complete_time=NOW)

    late = confirm(dispatcher, shown)

    assert told(late) == ["Order 70 Refused Not done, for something changed meanwhile. Now: It is delivered already."]
    assert Order.objects.get(pk=70).complete_time == NOW


def test_one_row_that_changed_does_not_hold_up_the_others(dispatcher, scene):
    CourierFactory(courier_id=8, regions=[2])
    OrderFactory(order_id=20, region=2)
    shown = deed("assign", dispatcher, couriers="5, 8")
    assign_orders(courier_id=6, now=NOW)

    late = confirm(dispatcher, shown)

    assert ["Refused" in row for row in told(late)] == [True, False]
    assert Order.objects.get(pk=20).bundle.courier_id == 8


def test_what_was_refused_can_be_shown_anew_and_done(dispatcher, scene):
    CourierFactory(courier_id=8, regions=[2])
    OrderFactory(order_id=20, region=2)
    shown = deed("assign", dispatcher, couriers="5, 8")
    OrderFactory(order_id=3, region=1)

    anew = confirm(dispatcher, confirm(dispatcher, shown))

    assert told(anew) == ["Courier 5 He gets 3 orders: 1, 2, 3"]
    assert told(confirm(dispatcher, anew)) == ["Courier 5 Done He gets 3 orders: 1, 2, 3"]


def test_a_change_that_was_refused_is_shown_anew_as_it_was_asked_for(dispatcher, scene):
    shown = deed("change", dispatcher, **change_form(dispatcher, 7) | {"regions": "1"})
    complete_order(courier_id=7, order_id=70, complete_time=NOW)

    anew = confirm(dispatcher, confirm(dispatcher, shown))

    assert told(anew) == ["Courier 7 Regions: 1, 9 → 1 He keeps all that he carries."]


def test_rows_done_before_the_database_refused_are_told(dispatcher, scene, monkeypatch):
    """They stay done: a page of a failure would tell nothing of them."""
    OrderFactory(order_id=3, region=2)
    CourierFactory(courier_id=8, regions=[2]), CourierFactory(courier_id=9, regions=[2])
    OrderFactory(order_id=4, region=2, weight=10)
    shown = deed("assign", dispatcher, couriers="5, 8, 9")
    assert len(told(shown)) == 3

    def locked(*, courier_id, now):
        if courier_id == 8:
            raise OperationalError("canceling statement due to lock timeout")
        return assign_orders(courier_id=courier_id, now=now)

    monkeypatch.setattr("dispatchers.deeds.assign.assign_orders", locked)
    done = confirm(dispatcher, shown)

    assert told(done) == [
        "Courier 5 Done He gets 2 orders: 1, 2",
        "Courier 8 Refused The database is away or locked: look whether this was done.",
        "Courier 9 Refused Not done: the database is away or locked. Try again in a moment.",
    ]
    assert "1 done. 2 refused." in words(done)
    assert not Bundle.objects.filter(courier_id__in=[8, 9]).exists()


def test_what_was_done_and_taken_back_is_not_done_again_by_the_same_page(dispatcher, scene):
    """Whoever loads it again sends it again."""
    now = timezone.now()
    delivered = deed("complete", dispatcher, orders="70", complete_time=now.isoformat())
    assigned = deed("assign", dispatcher, couriers="5")
    confirm(dispatcher, delivered), confirm(dispatcher, assigned)
    undo_completion(order_id=70, now=now, within=timedelta(minutes=1))
    release_bundle(bundle_id=Bundle.objects.get(courier_id=5).pk)
    before = rows()

    again = [confirm(dispatcher, delivered), confirm(dispatcher, assigned)]

    for row in (told(again[0])[0], told(again[1])[0]):
        assert "Refused Not done, for something changed meanwhile. Now: " in row
    assert rows() == before


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_what_is_done_and_taken_back_while_a_row_waits_is_seen(scene):
    complete, asked = DEEDS["complete"], {"orders": [70], "complete_time": NOW}
    [told] = complete.preview(dict(asked))
    with transaction.atomic():
        complete_order(courier_id=7, order_id=70, complete_time=NOW)
        futures = started(lambda: complete.do(dict(asked), {70: told.shown}))
        undo_completion(order_id=70, now=NOW, within=timedelta(minutes=1))

    [[late]] = results(futures)

    assert (late.shown, Order.objects.get(pk=70).complete_time) == (None, None)


@pytest.mark.parametrize("shown", [{}, {"shown-5": "x"}, {"shown-0": "x"}, {"shown-x": "x"}, {"shown-6": "x"}])
def test_nothing_is_done_that_was_not_shown(dispatcher, scene, shown):
    before = rows()

    answer = deed("assign", dispatcher, couriers="5", step="do", **shown)

    assert answer.status_code == 200
    assert rows() == before

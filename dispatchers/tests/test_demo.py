"""`manage.py demo` fills an empty store with a day that could have been."""

from datetime import UTC, datetime
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from bundles.models import Bundle
from bundles.tests.scenes import state
from bundles.tests.verifying import verified
from couriers.models import Courier
from couriers.tests.factories import CourierFactory
from orders.models import Order
from record.models import Event

EVENING = "2026-01-10T18:30:00Z"
NOW = datetime(2026, 1, 10, 18, 30, tzinfo=UTC)


def demo(*arguments):
    out = StringIO()
    call_command("demo", *arguments, stdout=out)
    return out.getvalue()


@pytest.mark.django_db(transaction=True)
def test_a_day_with_all_that_can_happen_in_one():
    told = demo(f"--now={EVENING}")

    couriers, bundles, orders = (model.objects.count() for model in (Courier, Bundle, Order))
    assert told == f"{couriers} couriers, {bundles} bundles, {orders} orders\n"
    assert verified() == (0, [])
    assert Order.objects.free().exists()
    assert Bundle.objects.active().count() > 10
    assert Order.objects.filter(delivery_mask=0).exists()
    assert set(Event.objects.values_list("what", flat=True)) >= {"released", "undone", "changed", "completed"}
    reasons = {reason for event in Event.objects.filter(what="released") for reason in event.told["why"]}
    assert reasons >= {"dispatcher", "moved", "region"}
    times = Event.objects.values_list("at", flat=True)
    assert min(times) == datetime(2026, 1, 10, 9, 30, tzinfo=UTC)
    assert max(times) <= NOW
    assert set(Event.objects.values_list("door", flat=True)) == {"demo"}


@pytest.mark.once
@pytest.mark.django_db
@pytest.mark.parametrize("now", ["2026-01-10T00:00:00Z", "2026-01-10T00:45:00Z"])
def test_soon_after_midnight(now):
    demo(f"--now={now}")

    assert Courier.objects.exists()
    assert Order.objects.exists()


@pytest.mark.once
@pytest.mark.django_db(transaction=True, reset_sequences=True)
def test_the_same_day_again():
    demo(f"--now={EVENING}", "--seed=7")
    first = state()
    call_command("flush", interactive=False, verbosity=0, reset_sequences=True)

    demo(f"--now={EVENING}", "--seed=7")

    assert state() == first


@pytest.mark.django_db
def test_a_store_that_is_not_empty_is_left_alone():
    CourierFactory()

    with pytest.raises(CommandError, match="The store is not empty"):
        demo()

    assert Courier.objects.count() == 1

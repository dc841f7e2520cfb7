"""What was delivered before totals and earnings were kept is booked when a store is migrated."""

import pytest
from django.core.management import call_command
from django.db import connection

from bundles.models import Bundle
from bundles.tests.scenes import history, recomputed, state, totals
from bundles.tests.verifying import verified
from couriers.models import Courier
from couriers.tests.factories import CourierFactory
from record.models import Event

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def migrate():
    yield lambda *target: call_command("migrate", *target, verbosity=0)
    call_command("migrate", verbosity=0)


def rows_of_then():
    """The rows without what has been counted only since."""
    return [[{**row, "released_orders": None} for row in table] for table in state()]


def test_a_store_that_has_delivered_is_migrated_back_and_forth(migrate):
    history()
    before = rows_of_then()
    assert Bundle.objects.filter(is_completed=True).count() == 9
    assert Bundle.objects.active().filter(orders__complete_time__isnull=False).distinct().count() == 3

    migrate("couriers", "0001")
    assert "delivery_totals" not in connection.introspection.table_names()
    migrate()

    assert rows_of_then() == before
    assert (totals(), dict(Courier.objects.values_list("pk", "earnings"))) == recomputed()
    assert len(totals()) == 9


def test_a_store_without_a_record_is_put_on_record(migrate):
    history()
    migrate("bundles", "0005")
    Event.objects.all().delete()

    migrate()

    assert verified() == (0, [])
    assert set(Event.objects.values_list("what", "door")) == {("found", "migrate")}


def test_bookings_are_taken_back_and_made_again(migrate):
    history()
    before = rows_of_then()

    migrate("bundles", "0002")
    assert totals() == {}
    assert set(Courier.objects.values_list("earnings", flat=True)) == {0}
    migrate()

    assert rows_of_then() == before


def test_a_store_without_deliveries_has_nothing_to_book(migrate):
    CourierFactory()

    migrate("couriers", "0001")
    migrate()

    assert totals() == {}
    assert Courier.objects.get().earnings == 0

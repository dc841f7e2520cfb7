import pytest
from django.db import DatabaseError, connection, transaction

from couriers.models import Courier
from couriers.tests.factories import CourierFactory
from sweets_store.one_moment import one_moment
from sweets_store.tests.side_by_side import side_by_side

pytestmark = pytest.mark.django_db(transaction=True)


def test_what_others_write_meanwhile_is_not_seen_and_does_not_wait():
    CourierFactory(courier_id=1)

    with one_moment():
        assert Courier.objects.count() == 1
        side_by_side(lambda: CourierFactory(courier_id=2))
        assert Courier.objects.count() == 1

    assert Courier.objects.count() == 2


def test_nothing_can_be_written_inside_and_everything_after():
    with pytest.raises(DatabaseError), one_moment():
        CourierFactory()

    assert not Courier.objects.exists()
    assert not connection.in_atomic_block
    CourierFactory()
    with transaction.atomic():
        CourierFactory()
    assert Courier.objects.count() == 2


def test_inside_a_transaction_it_is_part_of_it():
    with transaction.atomic():
        CourierFactory()
        with one_moment():
            assert Courier.objects.count() == 1
        CourierFactory()

    assert Courier.objects.count() == 2

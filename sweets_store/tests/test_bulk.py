"""Many rows in one statement: they may be made while they go in."""

import sqlite3

import pytest
from django.db import IntegrityError, transaction

from orders.models import Order
from orders.services import COLUMNS
from sweets_store.bulk import ROWS_AT_ONCE, insert_rows


def rows(count):
    return ((order_id, "1", 1, "[]", 0) for order_id in range(1, count + 1))


def rows_that_fail(fault):
    yield from rows(ROWS_AT_ONCE + 1)
    raise fault


@pytest.mark.django_db
@pytest.mark.parametrize("count", [0, 1, ROWS_AT_ONCE, 2 * ROWS_AT_ONCE + 1])
def test_inserts_all_rows(count):
    insert_rows(Order, COLUMNS, rows(count))

    assert list(Order.objects.values_list("order_id", flat=True)) == list(range(1, count + 1))


@pytest.mark.django_db
@pytest.mark.parametrize("fault", [KeyboardInterrupt(), sqlite3.OperationalError("disk is full")], ids=repr)
def test_what_the_rows_raise_comes_through_as_it_is(fault):
    with pytest.raises(type(fault)) as raised, transaction.atomic():
        insert_rows(Order, COLUMNS, rows_that_fail(fault))

    assert raised.value is fault
    assert not Order.objects.exists()


@pytest.mark.django_db
def test_a_row_that_the_store_has_takes_back_those_before_it():
    insert_rows(Order, COLUMNS, [(ROWS_AT_ONCE + 1, "1", 1, "[]", 0)])

    with pytest.raises(IntegrityError), transaction.atomic():
        insert_rows(Order, COLUMNS, rows(ROWS_AT_ONCE + 2))

    assert Order.objects.count() == 1

from decimal import Decimal
from math import ceil

import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st

from bundles.tests import reference
from bundles.tests.scenes import rolled_back, rows
from orders.models import Order
from orders.serializers import OrderSerializer
from orders.services import take_orders
from orders.tests.factories import OrderFactory
from sweets_store.bulk import ROWS_AT_ONCE
from sweets_store.errors import ValidationFailed
from sweets_store.tests.statements import statements_captured

pytestmark = pytest.mark.django_db


def order(order_id, **fields):
    return {"order_id": order_id, "weight": 1, "region": 1, "delivery_hours": ["09:00-18:00"]} | fields


def take(*orders):
    return take_orders(orders=OrderSerializer.checked_import({"data": list(orders)}))


def refusal(*orders):
    """The report of an import that must be refused and change nothing."""
    before = rows()
    with pytest.raises(ValidationFailed) as refused:
        take(*orders)
    assert rows() == before
    return refused.value.report


def test_orders_are_taken_as_sent_and_named_in_the_order_sent():
    taken = take(
        order(3, weight=Decimal("0.01"), delivery_hours=["12:00-13:00", "09:00-10:00"]),
        order(2**63 - 1, weight=50, region=2**63 - 1, delivery_hours=[]),
        order(1, weight=Decimal("1.100")),
    )

    assert taken == [3, 2**63 - 1, 1]
    assert list(Order.objects.values_list("order_id", "weight", "region", "delivery_hours")) == [
        (1, Decimal("1.1"), 1, ["09:00-18:00"]),
        (3, Decimal("0.01"), 1, ["12:00-13:00", "09:00-10:00"]),
        (2**63 - 1, Decimal(50), 2**63 - 1, []),
    ]


def test_what_is_taken_is_free():
    take(order(1))

    assert Order.objects.free().get().complete_time is None


def test_an_empty_import_is_fine():
    assert take() == []


def test_one_bad_order_keeps_all_from_being_taken():
    report = refusal(order(1), order(2, weight=0, region="1"), order(3))

    assert report["orders"] == [{"id": 2}]
    assert report.keys() == {"orders", "2"}
    assert report["2"].keys() == {"weight", "region"}


def test_ids_that_the_store_has_are_named_beside_all_other_faults():
    OrderFactory(order_id=2)

    report = refusal(order(4), order(2), order(3, delivery_hours=["9-18"]), order(-1, weight=51), [])

    assert report["orders"] == [{"id": 2}, {"id": 3}]
    assert {key: set(value) for key, value in report.items() if key != "orders"} == {
        "2": {"order_id"},
        "3": {"delivery_hours"},
        "data[3]": {"order_id", "weight"},
        "data[4]": {"__core__"},
    }


def test_an_id_sent_twice_is_refused_and_listed_once():
    report = refusal(order(7), order(8), order(7, weight=2), order(7, weight=0))

    assert report.keys() == {"orders", "7"}
    assert report["orders"] == [{"id": 7}]
    assert report["7"].keys() == {"order_id", "weight"}


anything = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-1, 60),
    st.sampled_from([2**63 - 1, 2**63, "1", "", 0.01, 0.009, 0.1, 50.0, 50.01, 1.005, 1.0]),
    st.lists(
        st.sampled_from(["09:00-18:00", "00:00-23:59", "23:59-24:00", "18:00-09:00", "9:00-10:00", 9]), max_size=2
    ),
    st.just({}),
)
near_orders = st.one_of(
    anything,
    st.fixed_dictionaries(
        {"order_id": st.integers(1, 6) | anything},
        optional={
            "weight": st.sampled_from([1, 0.5]) | anything,
            "region": st.just(1) | anything,
            "delivery_hours": st.just([]) | anything,
            "shoe_size": anything,
        },
    ),
    st.integers(1, 6).map(order),
    st.integers(1, 6).map(order),
)


@settings(max_examples=300)
@given(st.lists(near_orders, max_size=5))
def test_names_every_bad_field_of_every_bad_order(sent):
    known = reference.Store()
    known.orders[5] = {}
    _, expected = known.take(sent)
    with rolled_back():
        OrderFactory(order_id=5)
        try:
            found = {"orders": [{"id": order_id} for order_id in take(*map(as_parsed, sent))]}
        except ValidationFailed as refused:
            report = {
                key: value if key == "orders" else dict.fromkeys(value, "…") for key, value in refused.report.items()
            }
            found = {"validation_error": report}

        assert found == expected
        assert set(Order.objects.values_list("order_id", flat=True)) == known.orders.keys()


def as_parsed(sent):
    """What the strict parser makes of it: numbers with a point are decimals."""
    if isinstance(sent, float):
        return Decimal(str(sent))
    if isinstance(sent, dict):
        return {name: as_parsed(value) for name, value in sent.items()}
    return sent


def test_answers_201_in_the_order_sent(api):
    answer = api.post("/orders", {"data": [order(3), order(1, weight=1e1)]})

    assert (answer.status, answer.body) == (201, {"orders": [{"id": 3}, {"id": 1}]})


def test_answers_400_with_the_report(api):
    answer = api.post("/orders", {"data": [order(3, weight=50.01), order(1)]})

    assert answer.status == 400
    assert answer.body == {
        "validation_error": {
            "orders": [{"id": 3}],
            "3": {"weight": "must be a number of kilograms from 0.01 to 50"},
        }
    }


@pytest.mark.parametrize("count", [1, 10_000])
def test_statements_do_not_grow_with_the_import(count):
    orders = [order(n) for n in range(1, count + 1)]

    # Whether ids between the least and the greatest are in use, the rows, their events; on PostgreSQL their
    # announcement, on SQLite a hundred events at a time.
    with statements_captured() as statements:
        take(*orders)
    assert len(statements) == 2 + {"postgresql": 2, "sqlite": ceil(count / ROWS_AT_ONCE)}[connection.vendor]
    assert Order.objects.count() == count


@pytest.mark.parametrize("count", [1, 10_000])
def test_statements_of_a_refused_import_do_not_grow(count):
    take(*[order(n) for n in range(1, count + 1)])

    # Whether ids are in use, which.
    with statements_captured() as statements:
        report = refusal_report([order(n) for n in range(1, count + 1)])
    assert len(statements) == 2
    assert len(report["orders"]) == count


def refusal_report(orders):
    with pytest.raises(ValidationFailed) as refused:
        take(*orders)
    return refused.value.report

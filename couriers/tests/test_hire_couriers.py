from math import ceil

import pytest
from django.db import connection

from bundles.tests.scenes import rows
from couriers.models import Courier
from couriers.serializers import CourierSerializer
from couriers.services import hire_couriers
from couriers.tests.factories import CourierFactory
from sweets_store.bulk import ROWS_AT_ONCE
from sweets_store.errors import ValidationFailed
from sweets_store.tests.statements import statements_captured

pytestmark = pytest.mark.django_db


def courier(courier_id, **fields):
    return {"courier_id": courier_id, "courier_type": "foot", "regions": [1], "working_hours": ["09:00-18:00"]} | fields


def hire(*couriers):
    return hire_couriers(couriers=CourierSerializer.checked_import({"data": list(couriers)}))


def refusal(*couriers):
    """The report of an import that must be refused and change nothing."""
    before = rows()
    with pytest.raises(ValidationFailed) as refused:
        hire(*couriers)
    assert rows() == before
    return refused.value.report


def test_couriers_are_hired_as_sent_and_named_in_the_order_sent():
    hired = hire(
        courier(3, courier_type="car", regions=[5, 2, 5], working_hours=["12:00-13:00", "09:00-10:00"]),
        courier(2**63 - 1, regions=[2**63 - 1], working_hours=[]),
        courier(1, courier_type="bike", regions=[]),
    )

    assert hired == [3, 2**63 - 1, 1]
    assert list(Courier.objects.values_list("courier_id", "courier_type", "regions", "working_hours")) == [
        (1, "bike", [], ["09:00-18:00"]),
        (3, "car", [5, 2, 5], ["12:00-13:00", "09:00-10:00"]),
        (2**63 - 1, "foot", [2**63 - 1], []),
    ]


def test_an_empty_import_is_fine():
    assert hire() == []


def test_one_bad_courier_keeps_all_from_being_hired():
    report = refusal(courier(1), courier(2, courier_type="ship", shoe_size=44), courier(3))

    assert report["couriers"] == [{"id": 2}]
    assert report.keys() == {"couriers", "2"}
    assert report["2"].keys() == {"courier_type", "shoe_size"}


def test_ids_that_the_store_has_are_named_beside_all_other_faults():
    CourierFactory(courier_id=2)

    report = refusal(courier(4), courier(2), courier(2, regions=[0]), courier(3, regions=None), courier(0), "x")

    assert report["couriers"] == [{"id": 2}, {"id": 3}]
    assert {key: set(value) for key, value in report.items() if key != "couriers"} == {
        "2": {"courier_id", "regions"},
        "3": {"regions"},
        "data[4]": {"courier_id"},
        "data[5]": {"__core__"},
    }


def test_an_id_sent_twice_is_refused_and_listed_once():
    report = refusal(courier(7), courier(8), courier(7))

    assert report.keys() == {"couriers", "7"}
    assert report["couriers"] == [{"id": 7}]
    assert report["7"].keys() == {"courier_id"}


def test_an_id_that_the_store_has_keeps_its_courier():
    CourierFactory(courier_id=2, courier_type="bike", regions=[9])

    refusal(courier(2, courier_type="car"))

    assert Courier.objects.get(courier_id=2).regions == [9]


def test_after_ten_thousand_bad_couriers_the_report_counts_the_others():
    report = refusal(*[courier(n, courier_type="ship") for n in range(1, 12_346)])

    assert len(report["couriers"]) == 10_000
    assert list(report)[-1] == "data"
    assert report["data"] == "… and 2345 more"
    assert "10000" in report
    assert "10001" not in report


def test_answers_201_in_the_order_sent(api):
    answer = api.post("/couriers", {"data": [courier(3), courier(1)]})

    assert (answer.status, answer.body) == (201, {"couriers": [{"id": 3}, {"id": 1}]})


def test_answers_400_with_the_report(api):
    answer = api.post("/couriers", {"data": [courier(3, courier_type="ship"), courier(1)]})

    assert answer.status == 400
    assert answer.body == {
        "validation_error": {
            "couriers": [{"id": 3}],
            "3": {"courier_type": "must be one of: foot, bike, car"},
        }
    }


@pytest.mark.parametrize("count", [1, 10_000])
def test_statements_do_not_grow_with_the_import(count):
    couriers = [courier(n) for n in range(1, count + 1)]

    # The ids that are in use, the rows, their events; on SQLite a hundred of these at a time.
    with statements_captured() as statements:
        hire(*couriers)
    assert len(statements) == 2 + {"postgresql": 1, "sqlite": ceil(count / ROWS_AT_ONCE)}[connection.vendor]
    assert Courier.objects.count() == count

"""The contract's "The validation report", through the API: every bad object, every bad field, in one answer."""

import pytest

from couriers.models import Courier
from couriers.tests.factories import CourierFactory
from orders.models import Order
from orders.tests.factories import OrderFactory

REPEATED = "stands more than once in this import"
IN_USE = "is in use: the store has it already"


def order(order_id, **fields):
    return {"order_id": order_id, "weight": 1, "region": 1, "delivery_hours": ["09:00-18:00"]} | fields


def courier(courier_id, **fields):
    return {"courier_id": courier_id, "courier_type": "foot", "regions": [1], "working_hours": []} | fields


def report_of(answer):
    assert answer.status == 400
    assert answer.body.keys() == {"validation_error"}
    return answer.body["validation_error"]


def test_names_every_bad_object_and_every_bad_field(api):
    sent = [
        courier(1),
        courier(2, courier_type="plane", shoe_size=43),
        courier(3, working_hours=["18:00-09:00"]),
        {"courier_type": "foot", "regions": [1], "working_hours": None},
        7,
    ]

    report = report_of(api.post("/couriers", {"data": sent}))

    assert report == {
        "couriers": [{"id": 2}, {"id": 3}],
        "2": {
            "courier_type": "must be one of: foot, bike, car",
            "shoe_size": "is unknown; known: courier_id, courier_type, regions, working_hours",
        },
        "3": {"working_hours": "item 0 must start before it ends"},
        "data[3]": {"courier_id": "is required", "working_hours": "must be a list of windows"},
        "data[4]": {"__core__": "must be an object"},
    }
    assert not Courier.objects.exists()


def test_an_import_without_usable_ids_reports_an_empty_list(api):
    assert report_of(api.post("/orders", {"data": [[]]})) == {
        "orders": [],
        "data[0]": {"__core__": "must be an object"},
    }


def test_an_id_sent_twice_is_listed_once_with_the_faults_of_both(api):
    sent = [order(1, weight=0), order(2), order(1, region=0), order(1)]

    report = report_of(api.post("/orders", {"data": sent}))

    assert report == {
        "orders": [{"id": 1}],
        "1": {
            "weight": "must be a number of kilograms from 0.01 to 50",
            "region": "must be an integer from 1 to 9223372036854775807",
            "order_id": REPEATED,
        },
    }
    assert not Order.objects.exists()


def test_an_id_that_the_store_has_is_reported_beside_other_faults(api):
    OrderFactory(order_id=5)

    report = report_of(api.post("/orders", {"data": [order(5, weight="1"), order(6), order(7, region=None)]}))

    assert report["orders"] == [{"id": 5}, {"id": 7}]
    assert report["5"] == {"weight": "must be a number of kilograms from 0.01 to 50", "order_id": IN_USE}
    assert report["7"].keys() == {"region"}
    assert Order.objects.count() == 1


def test_a_courier_that_was_hired_is_reported_and_stays_as_he_was(api):
    hired = CourierFactory(courier_type="car")

    report = report_of(api.post("/couriers", {"data": [courier(hired.courier_id), courier(99)]}))

    assert report == {"couriers": [{"id": hired.courier_id}], str(hired.courier_id): {"courier_id": IN_USE}}
    assert list(Courier.objects.values_list("courier_id", "courier_type")) == [(hired.courier_id, "car")]


def test_faults_of_the_top_level_stand_beside_those_of_objects(api):
    report = report_of(api.post("/orders", {"data": [order(1, weight=0)], "dates": []}))

    assert report.keys() == {"orders", "1", "dates"}


def test_after_10_000_bad_objects_the_report_counts_the_rest(api):
    sent = [order(n, weight=0) for n in range(1, 12_346)]

    report = report_of(api.post("/orders", {"data": sent}))

    assert len(report["orders"]) == 10_000
    assert report["orders"][-1] == {"id": 10_000}
    assert len(report) == 10_002
    assert report["data"] == "… and 2345 more"


def test_after_100_unknown_fields_of_an_object_the_others_are_counted(api):
    unknown = {f"field_{n}": n for n in range(150)}

    report = report_of(api.post("/orders", {"data": [order(1, **unknown)], **unknown}))

    assert len(report["1"]) == 101
    assert report["1"]["__core__"] == report["__core__"] == "50 more fields are unknown"


def test_in_a_long_report_unknown_fields_are_counted_and_known_ones_named(api):
    sent = [order(n, weight=0, **{f"field_{n}_{field}": 0 for field in range(150)}) for n in range(1, 1_001)]

    report = report_of(api.post("/orders", {"data": sent}))

    assert report["orders"] == [{"id": n} for n in range(1, 1_001)]
    assert len(report["1"]) == 102
    assert report["1"]["__core__"] == "50 more fields are unknown"
    assert report["1000"] == {
        "weight": "must be a number of kilograms from 0.01 to 50",
        "__core__": "150 more fields are unknown",
    }


def test_ids_come_back_in_the_order_sent(api):
    assert api.post("/orders", {"data": [order(3), order(1), order(2)]}).body == {
        "orders": [{"id": 3}, {"id": 1}, {"id": 2}]
    }


@pytest.mark.parametrize("path", ["couriers", "orders"])
def test_an_empty_import_is_fine(path, api):
    answer = api.post(f"/{path}", {"data": []})

    assert (answer.status, answer.body) == (201, {path: []})


def test_regions_and_hours_keep_the_order_sent(api):
    sent = courier(1, regions=[3, 1, 3, 2], working_hours=["18:00-19:00", "09:00-10:00", "09:30-11:00"])

    api.post("/couriers", {"data": [sent]})

    assert api.get("/couriers/1").body == sent | {"earnings": 0}


@pytest.mark.parametrize(
    ("name", "change", "faults"),
    [
        ("an unknown field", {"shoe_size": 43}, {"shoe_size"}),
        ("his id", {"courier_id": 1}, {"courier_id"}),
        ("several", {"regions": [0], "working_hours": "9-18", "earnings": 1}, {"regions", "working_hours", "earnings"}),
        ("an unknown field that is null", {"shoe_size": None}, {"shoe_size"}),
        ("null beside others", {"regions": None, "courier_type": "plane"}, {"__core__", "courier_type"}),
    ],
)
def test_a_bad_patch_reports_its_one_courier(name, change, faults, api):
    hired = CourierFactory(courier_id=2)

    report = report_of(api.patch("/couriers/2", change))

    assert report.keys() == {"couriers", "2"}
    assert report["couriers"] == [{"id": 2}]
    assert report["2"].keys() == faults
    hired.refresh_from_db()
    assert (hired.courier_type, hired.regions, hired.working_hours) == ("foot", [1], ["09:00-18:00"])


def test_nulls_in_a_patch_are_named_together(api):
    CourierFactory(courier_id=2)

    report = report_of(api.patch("/couriers/2", {"working_hours": None, "regions": None}))

    assert report == {"couriers": [{"id": 2}], "2": {"__core__": "null is no value for: regions, working_hours"}}

"""Every change of an order, a bundle or a courier is on record, with who did it, or it did not happen."""

import getpass
import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command

from bundles import assignments, dispatch, releases, services
from bundles.dispatch import NothingFits, move_bundle, release_bundle, release_orders, undo_completion
from bundles.models import Bundle
from bundles.services import NotCarried, assign_orders, change_courier, complete_order
from bundles.tests.scenes import NOW, rows
from couriers.tests.factories import CourierFactory
from orders.tests.factories import OrderFactory
from record.models import Event

pytestmark = pytest.mark.django_db

AT_NINE = "2026-01-10T09:00:00.000000Z"
FORMED = {"courier_type": "foot", "assign_time": AT_NINE}


@pytest.fixture
def carried():
    """The id of the bundle of the orders 1, 2 and 3, which courier 5, on foot, carries. Courier 6 is idle."""
    CourierFactory(courier_id=5, regions=[1, 2])
    CourierFactory(courier_id=6, regions=[1])
    for order_id in (1, 2, 3):
        OrderFactory(order_id=order_id, region=1 + order_id // 3, weight=order_id)
    assign_orders(courier_id=5, now=NOW)
    bundle = Bundle.objects.get()
    Event.objects.all().delete()
    return bundle.bundle_id


def happened():
    """What the record tells, the first first: (what, courier, bundle, order, details)."""
    return [
        (event.what, event.courier_id, event.bundle_id, event.order_id, event.told) for event in Event.objects.all()
    ]


def complete(order_id):
    complete_order(courier_id=5, order_id=order_id, complete_time=NOW)


# What is recorded


def test_imports(api):
    hours = ["09:00-18:00"]
    courier = {"courier_type": "bike", "regions": [3, 1], "working_hours": hours}
    order = {"weight": 3.05, "region": 12, "delivery_hours": []}

    api.post("/couriers", {"data": [{"courier_id": 8} | courier, {"courier_id": 7} | courier]})
    api.post("/orders", {"data": [{"order_id": 9} | order]})

    assert happened() == [
        ("hired", 7, None, None, courier),
        ("hired", 8, None, None, courier),
        ("imported", None, None, 9, order),
    ]


def test_an_import_of_a_file_records_what_it_takes(tmp_path):
    file = tmp_path / "orders.ndjson"
    good = {"order_id": 1, "weight": 1, "region": 1, "delivery_hours": []}
    file.write_text("\n".join(map(json.dumps, [good, good | {"order_id": 2, "weight": 0}, good | {"order_id": 3}])))

    def run(*arguments):
        call_command("import_orders", str(file), *arguments, stdout=StringIO(), stderr=StringIO())
        return [(what, order_id) for what, _, _, order_id, _ in happened()]

    assert run("--skip-bad", str(tmp_path / "tried"), "--dry-run") == []
    assert run("--skip-bad", str(tmp_path / "bad")) == [("imported", 1), ("imported", 3)]
    assert run("--skip-bad", str(tmp_path / "again")) == [("imported", 1), ("imported", 3)]


def test_an_assign():
    CourierFactory(courier_id=5, regions=[1])
    OrderFactory(order_id=2, region=1, weight=1)
    OrderFactory(order_id=1, region=1, weight=2)

    assign_orders(courier_id=5, now=NOW)
    assign_orders(courier_id=5, now=NOW + timedelta(hours=1))

    bundle_id = Bundle.objects.get().pk
    assert happened() == [
        ("formed", 5, bundle_id, None, FORMED),
        ("assigned", 5, bundle_id, 2, {}),
        ("assigned", 5, bundle_id, 1, {}),
    ]


def test_an_assign_that_finds_nothing_is_no_change():
    CourierFactory(courier_id=5, regions=[])

    assign_orders(courier_id=5, now=NOW)

    assert happened() == []


def test_completions(carried):
    for order_id in (2, 2, 1, 3):
        complete(order_id)

    assert happened() == [
        ("completed", 5, carried, 2, {"complete_time": AT_NINE}),
        ("completed", 5, carried, 1, {"complete_time": AT_NINE}),
        ("completed", 5, carried, 3, {"complete_time": AT_NINE}),
        ("completed", 5, carried, None, {"pay": 1000}),
    ]


def test_a_change_of_a_courier_and_what_it_releases(carried):
    change_courier(courier_id=5, changes={"regions": [2, 3], "courier_type": "foot"})

    assert happened() == [
        ("changed", 5, None, None, {"regions": {"from": [1, 2], "to": [2, 3]}}),
        ("released", 5, carried, 1, {"why": ["region"]}),
        ("released", 5, carried, 2, {"why": ["region"]}),
    ]


def test_a_change_tells_every_reason_and_a_bundle_with_none_left(carried):
    change_courier(courier_id=5, changes={"regions": [1], "working_hours": ["01:00-02:00"]})

    assert [(what, order_id, told) for what, _, _, order_id, told in happened()[1:]] == [
        ("released", 1, {"why": ["hours"]}),
        ("released", 2, {"why": ["hours"]}),
        ("released", 3, {"why": ["region", "hours"]}),
        ("completed", None, {"pay": 0}),
    ]


def test_a_lesser_capacity():
    CourierFactory(courier_id=5, courier_type="car", regions=[1])
    for order_id, weight in ((1, 8), (2, 9)):
        OrderFactory(order_id=order_id, region=1, weight=weight)
    assign_orders(courier_id=5, now=NOW)

    change_courier(courier_id=5, changes={"courier_type": "foot"})

    assert [(what, order_id, told) for what, _, _, order_id, told in happened()[-2:]] == [
        ("changed", None, {"courier_type": {"from": "car", "to": "foot"}}),
        ("released", 2, {"why": ["capacity"]}),
    ]


def test_a_change_to_the_same_is_none(carried):
    change_courier(courier_id=5, changes={"regions": [1, 2]})

    assert happened() == []


def test_releases_by_a_dispatcher(carried):
    release_orders(bundle_id=carried, order_ids=[2])
    release_bundle(bundle_id=carried)

    assert happened() == [
        ("released", 5, carried, 2, {"why": ["dispatcher"]}),
        ("released", 5, carried, 1, {"why": ["dispatcher"]}),
        ("released", 5, carried, 3, {"why": ["dispatcher"]}),
        ("completed", 5, carried, None, {"pay": 0}),
    ]


def test_a_move(carried):
    move_bundle(bundle_id=carried, courier_id=6, now=NOW)

    taken_over = Bundle.objects.get(courier_id=6).pk
    assert happened() == [
        ("released", 5, carried, 1, {"why": ["moved"]}),
        ("released", 5, carried, 2, {"why": ["moved"]}),
        ("formed", 6, taken_over, None, FORMED),
        ("assigned", 6, taken_over, 1, {}),
        ("assigned", 6, taken_over, 2, {}),
    ]


def test_an_undone_completion(carried):
    for order_id in (1, 2, 3):
        complete(order_id)
    Event.objects.all().delete()

    for order_id in (3, 1):
        undo_completion(order_id=order_id, now=NOW, within=timedelta(hours=1))

    assert happened() == [
        ("undone", 5, carried, 3, {"complete_time": AT_NINE}),
        ("reopened", 5, carried, None, {"pay": -1000}),
        ("undone", 5, carried, 1, {"complete_time": AT_NINE}),
    ]


# With the change, or not at all


def test_what_is_refused_is_not_recorded(carried, api):
    CourierFactory(courier_id=7, regions=[9])

    with pytest.raises(NotCarried):
        complete_order(courier_id=6, order_id=1, complete_time=NOW)
    with pytest.raises(NothingFits):
        move_bundle(bundle_id=carried, courier_id=7, now=NOW)
    api.post("/orders", {"data": [{"order_id": 1}]})

    assert happened() == []


@pytest.mark.parametrize(
    ("module", "use_case"),
    [
        (assignments, lambda _: assign_orders(courier_id=6, now=NOW)),
        (services, lambda _: complete_order(courier_id=5, order_id=1, complete_time=NOW)),
        (services, lambda _: change_courier(courier_id=5, changes={"regions": [1]})),
        (releases, lambda bundle_id: release_orders(bundle_id=bundle_id, order_ids=[2])),
        (releases, lambda bundle_id: release_bundle(bundle_id=bundle_id)),
        (assignments, lambda bundle_id: move_bundle(bundle_id=bundle_id, courier_id=6, now=NOW)),
        (dispatch, lambda _: undo_completion(order_id=3, now=NOW, within=timedelta(hours=1))),
    ],
)
def test_what_cannot_be_recorded_does_not_happen(carried, monkeypatch, module, use_case):
    OrderFactory(order_id=4, region=1)
    complete(3)
    before = rows()

    def record(happened):
        raise RuntimeError("the record is full")

    monkeypatch.setattr(module, "record", record)
    with pytest.raises(RuntimeError, match="the record is full"):
        use_case(carried)

    assert rows() == before


# Who


def who():
    """Who did what is on record, each once: (door, actor, request id)."""
    return sorted(set(Event.objects.values_list("door", "actor", "request_id")))


ORDERS = {"data": [{"order_id": 1, "weight": 1, "region": 1, "delivery_hours": []}]}


def test_a_client_names_its_request(api):
    answer = api.post("/orders", ORDERS, HTTP_X_REQUEST_ID="shop-17:4")

    assert answer.headers["X-Request-ID"] == "shop-17:4"
    assert who() == [("api", "", "shop-17:4")]


@pytest.mark.parametrize("sent", ["", "two words", "ä", "x" * 65, "a\nb"])
def test_a_request_that_is_not_well_named_is_named_anew(api, sent):
    answer = api.post("/orders", ORDERS, HTTP_X_REQUEST_ID=sent)

    [(door, actor, request_id)] = who()
    assert (door, actor, request_id) == ("api", "", answer.headers["X-Request-ID"])
    assert len(request_id) == 32


def test_no_two_requests_share_a_name(api):
    assert api.get("/orders").headers["X-Request-ID"] != api.get("/orders").headers["X-Request-ID"]


def test_a_command_acts_for_its_user(carried):
    call_command("complete_order", "5", "1", stdout=StringIO())
    call_command("complete_order", "5", "2", stdout=StringIO())
    call_command("complete_order", "5", "3", stdout=StringIO())
    call_command("assign_orders", "--all", stdout=StringIO())

    assert who() == [("complete_order", getpass.getuser(), "")]


def test_a_user_without_a_name(carried, monkeypatch):
    def no_name():
        raise KeyError("getpwuid(): uid not found: 4711")

    monkeypatch.setattr(getpass, "getuser", no_name)
    call_command("complete_order", "5", "1", stdout=StringIO())

    assert who() == [("complete_order", "", "")]

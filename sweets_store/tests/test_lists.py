import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import chain
from urllib.parse import quote, urlencode, urlsplit

import pytest

from bundles.models import Bundle
from bundles.tests.factories import BundleFactory
from couriers.models import Courier
from couriers.tests.factories import CourierFactory
from orders.models import Order
from orders.tests.factories import OrderFactory
from sweets_store.lists import Cursor
from sweets_store.tests.statements import statements_captured

LISTS = ["/couriers", "/orders", "/bundles"]
NINE = datetime(2026, 1, 10, 9, tzinfo=UTC)


def after(record_id):
    return str(Cursor("after", record_id))


def before(record_id):
    return str(Cursor("before", record_id))


@pytest.fixture
def scene(db):
    """Seven orders: 1, 2 free; 3, 4 carried by courier 1; 5, 6, 7 delivered, by couriers 1, 1, 2."""
    first = CourierFactory(courier_id=1, courier_type="foot", regions=[1, 22])
    second = CourierFactory(courier_id=2, courier_type="bike", regions=[2])
    CourierFactory(courier_id=3, courier_type="bike", regions=[])
    done = BundleFactory(bundle_id=10, courier=first, is_completed=True, assign_time=NINE - timedelta(days=1))
    active = BundleFactory(bundle_id=11, courier=first, assign_time=NINE)
    other = BundleFactory(bundle_id=12, courier=second, is_completed=True, assign_time=NINE + timedelta(seconds=1))
    OrderFactory(order_id=1, weight=Decimal("0.3"), region=1)
    OrderFactory(order_id=2, weight=5, region=22)
    OrderFactory(order_id=3, weight=Decimal("4.99"), region=1, bundle=active)
    OrderFactory(order_id=4, weight=5, region=22, bundle=active)
    OrderFactory(order_id=5, weight=Decimal("0.01"), region=1, bundle=done, complete_time=NINE)
    OrderFactory(order_id=6, weight=10, region=22, bundle=done, complete_time=NINE)
    OrderFactory(order_id=7, weight=15, region=2, bundle=other, complete_time=NINE)


def ids(page):
    """The ids of a page's records, whichever list it is of."""
    return [next(iter(record.values())) for record in page["results"]]


def get(api, path, **parameters):
    answer = api.get(f"{path}?{urlencode(parameters)}")
    assert answer.status == 200, answer.body
    return answer.body


def walk(api, url, direction):
    """All pages from `url` on, by following the links of that name."""
    pages = []
    while url is not None:
        parts = urlsplit(url)
        page = api.get(f"{parts.path}?{parts.query}").body
        pages.append(page)
        url = page[direction]
    return pages


# Records


def test_a_listed_courier_has_his_four_fields(api, scene):
    assert get(api, "/couriers", limit=1)["results"] == [
        {"courier_id": 1, "courier_type": "foot", "regions": [1, 22], "working_hours": ["09:00-18:00"]}
    ]


def test_a_listed_order_tells_what_became_of_it(api, scene):
    free, *_, delivered = get(api, "/orders")["results"]

    assert free == {
        "order_id": 1,
        "weight": 0.3,
        "region": 1,
        "delivery_hours": ["09:00-18:00"],
        "bundle_id": None,
        "courier_id": None,
        "assign_time": None,
        "complete_time": None,
    }
    assert delivered == {
        "order_id": 7,
        "weight": 15.0,
        "region": 2,
        "delivery_hours": ["09:00-18:00"],
        "bundle_id": 12,
        "courier_id": 2,
        "assign_time": "2026-01-10T09:00:01.000000Z",
        "complete_time": "2026-01-10T09:00:00.000000Z",
    }


def test_an_order_by_its_id_is_the_listed_one(api, scene):
    for listed in get(api, "/orders")["results"]:
        assert api.get(f"/orders/{listed['order_id']}").body == listed


def test_a_listed_bundle_has_its_five_fields(api, scene):
    assert get(api, "/bundles", limit=1)["results"] == [
        {
            "bundle_id": 10,
            "courier_id": 1,
            "courier_type": "foot",
            "assign_time": "2026-01-09T09:00:00.000000Z",
            "is_completed": True,
        }
    ]


def test_a_bundle_by_its_id_has_its_orders_lightest_first(api, scene):
    body = api.get("/bundles/10").body

    assert body["is_completed"] is True
    assert body["orders"] == [
        {
            "order_id": order_id,
            "weight": weight,
            "region": region,
            "delivery_hours": ["09:00-18:00"],
            "complete_time": "2026-01-10T09:00:00.000000Z",
        }
        for order_id, weight, region in [(5, 0.01, 1), (6, 10.0, 22)]
    ]


def test_a_bundle_emptied_by_a_patch_is_still_there(api, db):
    BundleFactory(bundle_id=5, is_completed=True)

    answer = api.get("/bundles/5")

    assert (answer.status, answer.body["orders"]) == (200, [])


@pytest.mark.parametrize(("path", "code"), [("/orders/9", "unknown_order"), ("/bundles/9", "unknown_bundle")])
def test_an_unknown_id_is_404(api, scene, path, code):
    answer = api.get(path)

    assert (answer.status, answer.body["code"]) == (404, code)


@pytest.mark.parametrize("number", ["0", "-1", "01", "+1", "1.0", "9223372036854775808", "1" * 40, "x", "%D9%A1", "1/"])
@pytest.mark.parametrize("path", ["/orders/", "/bundles/"])
def test_an_id_that_is_no_plain_decimal_is_an_unknown_url(api, path, number):
    answer = api.get(path + number)

    assert (answer.status, answer.body["code"]) == (404, "not_found")


# Pages


@pytest.mark.parametrize("path", LISTS)
def test_an_empty_list_is_one_empty_page(api, path):
    assert api.get(path).body == {"next": None, "previous": None, "results": []}


@pytest.mark.parametrize("count", [1, 2, 3, 6, 7, 8, 9])
@pytest.mark.parametrize("limit", [1, 3, 8])
def test_links_lead_through_all_records_and_back(api, db, count, limit):
    step = 2**62 // count
    couriers = [n * step + 1 for n in range(count)]
    for courier_id in couriers:
        CourierFactory(courier_id=courier_id)

    forth = walk(api, f"/couriers?limit={limit}", "next")
    back = walk(api, f"/couriers?limit={limit}" if count <= limit else forth[-2]["next"], "previous")

    pages = [couriers[start : start + limit] for start in range(0, count, limit)]
    assert [ids(page) for page in forth] == pages
    assert forth[0]["previous"] is None
    # Backwards the short page is the first, where it was the last.
    assert sorted(chain.from_iterable(map(ids, back))) == couriers
    assert all(ids(page) == sorted(ids(page)) for page in back)
    assert back[-1]["previous"] is None


def test_the_page_before_leads_on_to_where_the_client_came_from(api, db):
    for courier_id in range(1, 8):
        CourierFactory(courier_id=courier_id)
    first, second, third = walk(api, "/couriers?limit=3", "next")

    before_third = walk(api, third["previous"], "previous")

    assert [ids(page) for page in before_third] == [ids(second), ids(first)]
    assert before_third[0]["next"] == second["next"]
    assert before_third[1]["next"] == first["next"]


def test_the_largest_id_is_listed(api, db):
    CourierFactory(courier_id=2**63 - 1)
    CourierFactory(courier_id=1)

    assert [ids(page) for page in walk(api, "/couriers?limit=1", "next")] == [[1], [2**63 - 1]]
    assert get(api, "/couriers", cursor=after(2**63 - 1)) == {
        "next": None,
        "previous": None,
        "results": [],
    }


def test_links_keep_the_filters_and_the_limit(api, scene):
    pages = walk(api, "/orders?region=22&weight_max=5&limit=1", "next")

    assert [ids(page) for page in pages] == [[2], [4]]
    assert pages[0]["next"] == f"http://testserver/orders?cursor={quote(after(2))}&limit=1&region=22&weight_max=5"
    assert pages[1]["previous"] == f"http://testserver/orders?cursor={quote(before(4))}&limit=1&region=22&weight_max=5"


def test_an_instant_survives_in_the_links(api, scene):
    page = get(api, "/bundles", assign_time_to="2026-01-10T12:00:01+03:00", limit=1)

    assert [ids(page) for page in walk(api, page["next"], "next")] == [[11]]


def test_links_name_the_host_that_the_client_called(api, scene, settings):
    settings.ALLOWED_HOSTS = ["sweets.example"]

    page = api.get("/orders?limit=1", HTTP_HOST="sweets.example:8443").body

    assert page["next"] == f"http://sweets.example:8443/orders?cursor={quote(after(1))}&limit=1"


def test_records_that_come_and_go_shift_no_page(api, db):
    for courier_id in (10, 20, 30, 40):
        CourierFactory(courier_id=courier_id)
    first = get(api, "/couriers", limit=2)
    CourierFactory(courier_id=5)
    Courier.objects.filter(courier_id=20).delete()

    assert [ids(page) for page in walk(api, first["next"], "next")] == [[30, 40]]


def test_a_page_holds_a_hundred_records_or_up_to_a_thousand(api, db):
    Courier.objects.bulk_create(CourierFactory.build(courier_id=n) for n in range(1, 1002))

    assert ids(get(api, "/couriers")) == list(range(1, 101))
    assert ids(get(api, "/couriers", limit=1000)) == list(range(1, 1001))
    assert ids(get(api, "/couriers", cursor=after(1000))) == [1001]


# Filters


@pytest.mark.parametrize(
    ("path", "parameters", "expected"),
    [
        ("/orders", {"status": "free"}, [1, 2]),
        ("/orders", {"status": "assigned"}, [3, 4]),
        ("/orders", {"status": "delivered"}, [5, 6, 7]),
        ("/orders", {"region": 22}, [2, 4, 6]),
        ("/orders", {"region": 2**63 - 1}, []),
        ("/orders", {"weight_min": 5}, [2, 4, 6, 7]),
        ("/orders", {"weight_max": "5.00"}, [1, 2, 3, 4, 5]),
        ("/orders", {"weight_max": "0.3"}, [1, 5]),
        ("/orders", {"weight_min": "0.3", "weight_max": "0.3"}, [1]),
        ("/orders", {"weight_max": 0}, []),
        ("/orders", {"weight_min": "50.01"}, []),
        ("/orders", {"courier_id": 1}, [3, 4, 5, 6]),
        ("/orders", {"courier_id": 3}, []),
        ("/orders", {"courier_id": 99}, []),
        ("/orders", {"bundle_id": 11}, [3, 4]),
        ("/orders", {"bundle_id": 99}, []),
        ("/orders", {"status": "delivered", "courier_id": 1, "region": 22, "weight_min": 1}, [6]),
        ("/orders", {"courier_id": 1, "bundle_id": 10}, [5, 6]),
        # Contradictions.
        ("/orders", {"weight_min": 5, "weight_max": "4.99"}, []),
        ("/orders", {"status": "free", "courier_id": 1}, []),
        ("/orders", {"status": "free", "bundle_id": 11}, []),
        ("/orders", {"status": "assigned", "bundle_id": 10}, []),
        ("/orders", {"courier_id": 2, "bundle_id": 10}, []),
        ("/bundles", {"courier_id": 1}, [10, 11]),
        ("/bundles", {"is_completed": "true"}, [10, 12]),
        ("/bundles", {"is_completed": "false"}, [11]),
        ("/bundles", {"assign_time_from": "2026-01-10T09:00:00Z"}, [11, 12]),
        ("/bundles", {"assign_time_to": "2026-01-10T09:00:00Z"}, [10]),
        ("/bundles", {"assign_time_to": "2026-01-10T12:00:00.000001+03:00"}, [10, 11]),
        ("/bundles", {"assign_time_from": "0001-01-01T00:00:00Z"}, [10, 11, 12]),
        ("/bundles", {"assign_time_to": "9999-12-31T23:59:59Z"}, [10, 11, 12]),
        ("/bundles", {"assign_time_from": "2026-01-10T09:00:00Z", "assign_time_to": "2026-01-10T09:00:00Z"}, []),
        ("/bundles", {"assign_time_from": "2027-01-01T00:00:00Z", "assign_time_to": "2026-01-01T00:00:00Z"}, []),
        ("/bundles", {"courier_id": 2, "is_completed": "false"}, []),
        ("/couriers", {"courier_type": "bike"}, [2, 3]),
        ("/couriers", {"courier_type": "car"}, []),
        ("/couriers", {"region": 22}, [1]),
        ("/couriers", {"region": 2}, [2]),
        ("/couriers", {"region": 1, "courier_type": "bike"}, []),
    ],
)  # fmt: skip
def test_filters(api, scene, path, parameters, expected):
    assert ids(get(api, path, **parameters)) == expected


def test_filters_hold_on_every_page(api, scene):
    pages = walk(api, "/orders?courier_id=1&limit=1", "next")

    assert [ids(page) for page in pages] == [[3], [4], [5], [6]]
    assert [ids(page) for page in walk(api, pages[2]["next"], "previous")] == [[6], [5], [4], [3]]


# Refusals


@pytest.mark.parametrize(
    "cursor",
    [
        *("after-1", "after-1:", "after-1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
        *("x", "1", "after", "after-", "-1", "after-0", "after--1", "after-1.0", "after-01", "after- 1", "AFTER-1"),
        *("before-9223372036854775808", "after-" + "9" * 400, "after-1%00", "%00", "after-%D9%A1", "%FF%FE"),
        *("cD0x", "bz0xMDAwMDAw", "cj0xJnA9MQ%3D%3D", "after-1;drop", "after-1%0A", "next", "null", "{}"),
        *("%ED%A0%80", "%F0%9F%8D%AC"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("path", LISTS)
def test_a_forged_cursor_is_refused(api, path, cursor):
    answer = api.get(f"{path}?cursor={cursor}")

    assert answer.status == 400
    assert answer.body["code"] == "bad_parameters"
    assert answer.body["detail"].startswith("cursor: ")


@pytest.mark.parametrize("limit", ["0", "1001", "-1", "1.0", "1e2", "%201", "0x10", "010", "%D9%A1", "9" * 400, "all"])
@pytest.mark.parametrize("path", LISTS)
def test_a_limit_is_an_integer_from_1_to_1000(api, path, limit):
    answer = api.get(f"{path}?limit={limit}")

    assert (answer.status, answer.body) == (
        400,
        {"code": "bad_parameters", "detail": "limit: must be an integer from 1 to 1000."},
    )


@pytest.mark.parametrize(
    ("path", "name", "texts"),
    [
        ("/orders", "status", ["Free", "none", "free,assigned", "free%00"]),
        ("/orders", "region", ["0", "-1", "1.0", "9223372036854775808", "1,2", "%D9%A1", "1%00", "null", "true"]),
        ("/orders", "courier_id", ["0", "x", "%201"]),
        ("/orders", "bundle_id", ["0", "x", "null"]),
        ("/orders", "weight_min", ["-1", ".5", "1.", "1.001", "1e1", "100", "NaN", "Infinity", "1,5", "%D9%A1", "00"]),
        ("/orders", "weight_max", ["0.1%00", "1kg"]),
        ("/bundles", "courier_id", ["0", "x"]),
        ("/bundles", "is_completed", ["True", "1", "no", "null"]),
        ("/bundles", "assign_time_from", ["2026-01-10", "2026-01-10T09:00:00", "2026-02-30T00:00:00Z", "1768035600"]),
        # In a query a bare + is a blank.
        ("/bundles", "assign_time_to", ["2026-01-10T09:00:00+03:00", "9999-12-31T23:59:59-01:00"]),
        ("/couriers", "courier_type", ["Foot", "plane"]),
        ("/couriers", "region", ["0", "x", "[1]"]),
    ],
)  # fmt: skip
def test_a_bad_filter_is_refused(api, path, name, texts):
    for text in texts:
        answer = api.get(f"{path}?{name}={text}")

        assert answer.status == 400, text
        assert answer.body["code"] == "bad_parameters"
        assert answer.body["detail"].startswith(f"{name}: ")


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize(
    ("query", "detail"),
    [
        ("page=2", "page: is unknown; known: "),
        ("Limit=2", "Limit: is unknown; known: "),
        ("=2", ": is unknown; known: "),
        ("limit", "limit: is empty."),
        ("cursor=", "cursor: is empty."),
        ("limit=", "limit: is empty."),
        ("limit=5&limit=5", "limit: stands more than once."),
        ("cursor=after-1&cursor=after-2", "cursor: stands more than once."),
    ],
)
def test_unknown_empty_and_repeated_parameters_are_refused(api, path, query, detail):
    answer = api.get(f"{path}?{query}")

    assert (answer.status, answer.body["code"]) == (400, "bad_parameters")
    assert answer.body["detail"].startswith(detail)


def test_all_faults_are_named_at_once(api):
    answer = api.get("/orders?region=0&region=1&status=&weight_min=x&limit=0&cursor=%00&offset=3")

    assert answer.status == 400
    faults = dict(fault.split(": ", 1) for fault in answer.body["detail"].rstrip(".").split("; ") if ": " in fault)
    assert list(faults) == ["weight_min", "region", "status", "limit", "cursor", "offset", "known"]


@pytest.mark.parametrize("query", ["&".join(["a"] * 1200), "a=" + "%FF" * 300, "%00=%00", "&&&", "%"])
@pytest.mark.parametrize("path", LISTS)
def test_no_query_breaks_a_list(api, path, query):
    assert api.get(f"{path}?{query}").status in (200, 400)


# Statements


@pytest.mark.parametrize("count", [3, 300])
@pytest.mark.parametrize(
    "path", [*LISTS, "/orders?courier_id=1", "/bundles?courier_id=1", "/couriers?region=1", "/orders/1", "/bundles/1"]
)
def test_one_statement_answers_whatever_the_size(api, path, count):
    numbers = range(1, count + 1)
    couriers = Courier.objects.bulk_create(CourierFactory.build(courier_id=n) for n in numbers)
    bundles = Bundle.objects.bulk_create(
        BundleFactory.build(bundle_id=n, courier=courier) for n, courier in zip(numbers, couriers, strict=True)
    )
    Order.objects.bulk_create(OrderFactory.build(order_id=n, bundle=bundles[0 if n % 2 else -1]) for n in numbers)

    with statements_captured() as statements:
        answer = api.get(path)

    assert answer.status == 200
    assert len(statements) == 1


def test_a_cursor_that_was_changed_is_refused(api):
    CourierFactory.create_batch(12)
    (issued,) = re.findall("cursor=([^&]+)", get(api, "/couriers", limit=1)["next"])

    for changed in (issued[:-1], issued + "A", issued.replace("-", "-9", 1), issued.replace("after", "before")):
        answer = api.get(f"/couriers?cursor={changed}")
        assert (answer.status, answer.body["code"]) == (400, "bad_parameters")

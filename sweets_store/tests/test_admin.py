"""What holds for the admin's pages of all three records."""

import pytest
from django.contrib.auth.models import Permission

from bundles.models import Bundle
from bundles.tests.factories import BundleFactory
from couriers.models import Courier
from couriers.tests.factories import CourierFactory
from orders.models import Order
from orders.services import COLUMNS
from orders.tests.factories import OrderFactory
from sweets_store.bulk import insert_rows
from sweets_store.refusals import server_error
from sweets_store.tests.pages import words
from sweets_store.tests.statements import statements_captured

COURIERS, BUNDLES, ORDERS = "/admin/couriers/courier/", "/admin/bundles/bundle/", "/admin/orders/order/"
LISTS = [COURIERS, BUNDLES, ORDERS]
HTML = "text/html; charset=utf-8"


def listed_ids(response):
    return [record.pk for record in response.context["cl"].result_list]


@pytest.fixture
def delivery(db):
    """Courier 5 carries order 7 of region 3 in bundle 11."""
    bundle = BundleFactory(bundle_id=11, courier=CourierFactory(courier_id=5, regions=[3, 4]))
    return OrderFactory(order_id=7, region=3, bundle=bundle)


@pytest.fixture
def backlog(db):
    """10,250 free orders: more than are counted."""
    rows = [(order_id, order_id % 50 + 1, 1, '["09:00-18:00"]', 1) for order_id in range(1, 10_251)]
    insert_rows(Order, COLUMNS, rows)


# Pages and their refusals


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/couriers", "default-src 'none'; frame-ancestors 'none'"),
        ("/nowhere", "default-src 'none'; frame-ancestors 'none'"),
        ("/docs", "script-src 'self'; style-src"),
        ("/admin/", "script-src 'self' 'unsafe-eval'; style-src"),
        ("/admin/login/", "script-src 'self' 'unsafe-eval'; style-src"),
    ],
)
def test_a_browser_is_told_what_an_answer_may_do(db, client, path, allowed):
    policy = client.get(path)["Content-Security-Policy"]

    assert policy.startswith("default-src 'none'; frame-ancestors 'none'")
    assert allowed in policy


def test_the_admin_is_found_without_a_slash(client):
    response = client.get("/admin")

    assert (response.status_code, response["Location"]) == (302, "/admin/")


def test_it_bears_the_stores_name(dispatcher):
    assert words(dispatcher.get("/admin/")).startswith("Board | Sweets store ")


@pytest.mark.parametrize("path", ["/admin/nothing/", "/admin/orders/nothing/"])
def test_an_unknown_page_is_html(dispatcher, path):
    response = dispatcher.get(path)

    assert (response.status_code, response["Content-Type"]) == (404, HTML)


@pytest.mark.parametrize("path", ["/administration", "/docs/nothing", "/nothing/admin"])
def test_an_unknown_url_of_the_api_stays_json(api, path):
    answer = api.get(path)

    assert (answer.status, answer.body["code"]) == (404, "not_found")


def test_a_bad_request_is_html(dispatcher):
    response = dispatcher.get(ORDERS, {"_to_field": "weight"})

    assert (response.status_code, response["Content-Type"]) == (400, HTML)


def test_a_failure_is_html_on_a_page_and_json_in_the_api(rf):
    page, answer = server_error(rf.get("/admin/")), server_error(rf.get("/orders"))

    assert (page.status_code, page["Content-Type"]) == (500, HTML)
    assert (answer.status_code, answer["Content-Type"]) == (500, "application/json")


# Who sees, and that nobody writes


@pytest.mark.parametrize("path", LISTS)
def test_a_stranger_is_asked_to_log_in(client, db, path):
    response = client.get(path)

    assert (response.status_code, response["Location"]) == (302, f"/admin/login/?next={path}")


@pytest.mark.parametrize("path", [*LISTS, f"{COURIERS}5/change/", f"{BUNDLES}11/change/", f"{ORDERS}7/change/"])
def test_staff_sees_what_it_may_view(client, delivery, django_user_model, path):
    staff = django_user_model.objects.create(username="staff", is_staff=True)
    client.force_login(staff)

    refused = client.get(path)
    staff.user_permissions.set(Permission.objects.filter(codename__in=["view_courier", "view_bundle", "view_order"]))
    shown = client.get(path)

    assert (refused.status_code, refused["Content-Type"]) == (403, HTML)
    assert shown.status_code == 200


@pytest.mark.parametrize("path", ["add/", "{}/change/", "{}/delete/"])
@pytest.mark.parametrize(("records", "record_id"), [(COURIERS, 5), (BUNDLES, 11), (ORDERS, 7)])
def test_nothing_is_written(dispatcher, delivery, records, record_id, path):
    before = [list(model.objects.values()) for model in (Courier, Bundle, Order)]
    changes = {"post": "yes", "order_id": 7, "region": 9, "courier_type": "car", "is_completed": "on", "_save": "Save"}

    response = dispatcher.post(records + path.format(record_id), changes)

    assert response.status_code == 403
    assert [list(model.objects.values()) for model in (Courier, Bundle, Order)] == before


@pytest.mark.parametrize(("records", "record_id"), [(COURIERS, 5), (BUNDLES, 11), (ORDERS, 7)])
def test_no_action_deletes(dispatcher, records, record_id):
    BundleFactory(bundle_id=11, courier=CourierFactory(courier_id=5)), OrderFactory(order_id=7)
    sent = {"action": "delete_selected", "_selected_action": record_id, "post": "yes", "select_across": 1}

    dispatcher.post(records, sent | {"index": 0})
    dispatcher.post(records, sent)

    assert "delete" not in words(dispatcher.get(records)).lower()
    assert [model.objects.count() for model in (Courier, Bundle, Order)] == [1, 1, 1]


# Finding


@pytest.mark.parametrize(
    ("records", "sought", "found"),
    [
        (ORDERS, "7", [7]),
        (ORDERS, " #7 ", [7]),
        (ORDERS, "Order 7", [7]),
        (ORDERS, "007", [7]),
        (ORDERS, "7, 8 99", [8, 7]),
        (ORDERS, "bundle 11", [7]),
        (ORDERS, "courier 5", [7]),
        (ORDERS, "courier: 5", [7]),
        (ORDERS, "region 3", [8, 7]),
        (ORDERS, "region 3 courier 5", [7]),
        (ORDERS, "region 3 4", [9, 8, 7]),
        (ORDERS, "2026-01-10", [7]),
        (ORDERS, "2026-01-11", []),
        (ORDERS, "2026-01-10 region 4", []),
        (ORDERS, "9223372036854775807", []),
        (ORDERS, "9223372036854775808", []),
        (ORDERS, "0", []),
        (BUNDLES, "11", [11]),
        (BUNDLES, "courier 5", [11]),
        (BUNDLES, "courier 11", []),
        (BUNDLES, "2026-01-10", [11]),
        (BUNDLES, "2026-01-09", []),
        (COURIERS, "5", [5]),
        (COURIERS, "region 4", [5]),
        (COURIERS, "region 4 6", [5, 6]),
        (COURIERS, "region 40", []),
    ],
)
def test_a_search_finds(dispatcher, delivery, records, sought, found):
    CourierFactory(courier_id=6, regions=[6])
    OrderFactory(order_id=8, region=3), OrderFactory(order_id=9, region=4)

    response = dispatcher.get(records, {"q": sought})

    assert listed_ids(response) == found
    assert [str(message) for message in response.context["messages"]] == []


@pytest.mark.parametrize(
    ("records", "sought", "found"),
    [
        (ORDERS, "Заказ 7", [7]),
        (ORDERS, "развоз 11", [7]),
        (ORDERS, "район 3 курьер 5", [7]),
        (ORDERS, "bundle 11", [7]),
        (COURIERS, "район 4", [5]),
    ],
)
def test_a_search_is_understood_in_the_reader_s_language_too(dispatcher, delivery, records, sought, found):
    assert listed_ids(dispatcher.get(records, {"q": sought}, HTTP_ACCEPT_LANGUAGE="ru")) == found


def test_what_a_search_lacks_is_told_in_the_reader_s_language(dispatcher, delivery):
    response = dispatcher.get(ORDERS, {"q": "курьер"}, HTTP_ACCEPT_LANGUAGE="ru")

    [message] = response.context["messages"]
    assert str(message).startswith("Какой номер после слова «курьер»? Ищите номер заказа, или развоз 7,")


@pytest.mark.parametrize(
    ("sought", "said"),
    [
        ("sweets", "“sweets” is not understood."),
        ("courier", "Which courier?"),
        ("7 courier", "Which courier?"),
        ("courier region 3", "Which courier?"),
        ("courier x", "Which courier?"),
        ("²", "“²” is not understood."),
        ("2026-02-30", "There is no day 2026-02-30."),
        ("9999-12-31", "There is no day 9999-12-31."),
        ("1 " * 101, "Search for at most 100 words and numbers at once."),
    ],
)
def test_a_search_that_makes_no_sense_finds_nothing_and_says_so(dispatcher, delivery, sought, said):
    response = dispatcher.get(ORDERS, {"q": sought})

    assert listed_ids(response) == []
    assert [str(message).startswith(said) for message in response.context["messages"]] == [True]


HOSTILE = ["9" * 30, "9" * 5000, "-1", "0", "x", "🍬", "((", "'", "1.-2.x.99999999999999999999", "[]"]
NAMES = ["q", "p", "o", "e", "all", "status", "state", "type", "assigned", "_facets", "_popup", "order_id__regex"]


@pytest.mark.parametrize("name", [*NAMES, "weight__gte", "bundle__courier_id", "courier__regions__0", "_to_field"])
@pytest.mark.parametrize("records", LISTS)
def test_no_query_breaks_a_list(dispatcher, delivery, records, name):
    statuses = [dispatcher.get(records, {name: value}).status_code for value in HOSTILE]

    assert statuses == [400 if name == "_to_field" else 200] * len(HOSTILE)


@pytest.mark.parametrize("record_id", [2**63 - 1, 2**63, 10**30, "9" * 5000, 0, -7, "x", "7x", "_00", "7.0", "%00"])
@pytest.mark.parametrize("page", ["change", "history"])
@pytest.mark.parametrize("records", LISTS)
def test_an_unknown_id_leads_back(dispatcher, delivery, records, page, record_id):
    response = dispatcher.get(f"{records}{record_id}/{page}/")

    assert (response.status_code, response["Location"]) == (302, "/admin/")


AUTOCOMPLETE = "/admin/autocomplete/?app_label=admin&model_name=logentry&field_name=user&term="


@pytest.mark.parametrize("url", [f"{ORDERS}?q=", f"{ORDERS}?status=", "/admin/auth/user/?username=", AUTOCOMPLETE])
def test_a_nul_in_a_query_is_refused(dispatcher, url):
    response = dispatcher.get(f"{url}a%00b")

    assert (response.status_code, response["Content-Type"]) == (400, HTML)


@pytest.mark.parametrize("cookie", ["sessionid", "messages", "csrftoken"])
def test_a_nul_in_a_cookie_is_refused(client, db, cookie):
    response = client.get("/admin/", HTTP_COOKIE=f'{cookie}="\\000aaaaaaaaaaaa"')

    assert (response.status_code, response["Content-Type"]) == (400, HTML)


# Sizes


def test_counts_no_more_than_it_shows(dispatcher, backlog):
    with statements_captured() as statements:
        response = dispatcher.get(ORDERS)

    assert "10,000+ orders" in words(response)
    assert listed_ids(response) == list(range(10_250, 10_150, -1))
    assert [" LIMIT 10001" in sql for sql in statements if "COUNT(" in sql] == [True]


@pytest.mark.parametrize(
    ("page", "first", "last", "counted"),
    [
        (1, 10_250, 10_151, "10,000+ orders"),
        (95, 850, 751, "10250 orders"),
        (102, 150, 51, "10250 orders"),
        (103, 50, 1, "10250 orders"),
        (104, 50, 1, "10250 orders"),
        (2**63, 50, 1, "10250 orders"),
        (0, 10_250, 10_151, "10,000+ orders"),
        (-5, 10_250, 10_151, "10,000+ orders"),
    ],
)
def test_every_page_can_be_asked_for(dispatcher, backlog, page, first, last, counted):
    response = dispatcher.get(ORDERS, {"p": page})

    ids = listed_ids(response)
    assert (ids[0], ids[-1]) == (first, last)
    assert counted in words(response)


def test_sorts_what_it_could_count(dispatcher):
    OrderFactory(order_id=1, weight=3), OrderFactory(order_id=2, weight=1), OrderFactory(order_id=3, weight=2)

    by_weight = dispatcher.get(ORDERS, {"o": "2"})
    heaviest_first = dispatcher.get(ORDERS, {"o": "-2"})

    assert listed_ids(by_weight) == [2, 3, 1]
    assert listed_ids(heaviest_first) == [1, 3, 2]


def test_does_not_sort_what_it_could_not_count(dispatcher, backlog):
    response = dispatcher.get(ORDERS, {"o": "2"})

    assert listed_ids(response)[:3] == [10_250, 10_249, 10_248]
    assert 'class="sortable' not in response.content.decode()


def test_the_choice_of_a_bundle_is_bounded_too(dispatcher, delivery):
    asked = {"app_label": "orders", "model_name": "order", "field_name": "bundle"}

    with statements_captured() as statements:
        response = dispatcher.get("/admin/autocomplete/", asked | {"term": "11"})

    assert response.json()["results"] == [{"id": "11", "text": "Bundle 11"}]
    assert [" LIMIT 10001" in sql for sql in statements if "COUNT(" in sql] == [True]

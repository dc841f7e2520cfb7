"""Every page of the admin against hostile texts, forged posts and ids of records that are not there or not theirs."""

import base64
import csv
import io
import json
import re
from pathlib import Path
from urllib.parse import unquote

import pytest
from django.conf import settings
from django.contrib import admin
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.test import Client

from bundles.models import Bundle
from bundles.services import assign_orders
from bundles.tests.scenes import NOW, rows
from couriers.tests.factories import CourierFactory
from dispatchers.deeds import DEEDS
from orders.tests.factories import OrderFactory
from record.models import Event
from sweets_store.imports.writing import WRITERS
from sweets_store.tests.pages import words

XSS = """</script><script>alert(7)</script>"'><img src=x onerror=alert(7)>{{7*7}}"""
HTML = "text/html; charset=utf-8"
# What the pages and forms of the site read from a query or a form.
NAMES = (
    *("q", "p", "o", "e", "all", "status", "state", "type", "assigned", "numbers", "after", "before", "day", "date"),
    *(
        "first",
        "last",
        "courier",
        "couriers",
        "orders",
        "bundles",
        "bundle",
        "regions",
        "complete_time",
        "working_hours",
    ),
    *("courier_type", "was", "shown-7", "shown-5", "s", "next", "language", "username", "name", "_changelist_filters"),
    *("_popup", "term", "app_label", "model_name", "field_name", "action", "_selected_action", "nothing"),
)
ALONE = ("q", "numbers", "day", "courier", "next", "_changelist_filters", "_popup")  # which others would outdo
IDS = ["0", "-7", "x", "7x", "_00", "7.0", "%00", "%FF", "'--", str(2**63 - 1), str(2**63), "9" * 5_000, "..%2f7", "🍬"]
OPEN = {"login/", "logout/", "jsi18n/", "language/"}
OWN = {"", "search/", "password_change/", "password_change/done/"}


def routes(patterns, before=""):
    for pattern in patterns:
        route = before + str(pattern.pattern)
        if hasattr(pattern, "url_patterns"):
            yield from routes(pattern.url_patterns, route)
        elif not route.startswith(("^", "(")):
            yield route


ROUTES = list(routes(admin.site.get_urls()))
OF_RECORDS = [route for route in ROUTES if "<path:object_id>" in route or "<id>" in route]


@pytest.fixture
def scene(django_user_model):
    """All texts that somebody may bring into the store are hostile. Courier 5 carries order 7."""
    user = django_user_model.objects.create(username=XSS, first_name=XSS, email=XSS, is_staff=True, is_superuser=True)
    group = Group.objects.create(name=XSS)
    OrderFactory(order_id=7, region=1)
    CourierFactory(courier_id=5, regions=[1])
    assign_orders(courier_id=5, now=NOW)
    Event.objects.update(actor=XSS, request_id=XSS[:64])
    ids = {"couriers/courier": 5, "orders/order": 7, "bundles/bundle": Bundle.objects.get().pk}
    ids |= {"auth/user": user.pk, "auth/group": group.pk}
    for model, record_id in ids.items():
        content_type = ContentType.objects.get_by_natural_key(*model.split("/"))
        said = {"user": user, "content_type": content_type, "object_repr": XSS, "change_message": XSS}
        LogEntry.objects.create(action_flag=CHANGE, object_id=record_id, **said)
    return ids


@pytest.fixture
def hostile(client, scene, django_user_model):
    """The browser of a dispatcher whose very name is hostile."""
    client.force_login(django_user_model.objects.get())
    return client


def urls(route, ids, record_id=None):
    """The URLs of the route, for a record of its own or one by the id that is given."""
    own = ids.get("/".join(route.split("/")[:2]), "1")
    route = re.sub("<path:object_id>|<id>", str(own if record_id is None else record_id), route)
    route = route.replace("<path:content_type_id>", "1").replace("<slug:file_format>", "csv")
    names = DEEDS if "<slug:name>" in route else [""]
    return [f"/admin/{route.replace('<slug:name>', name)}" for name in names]


def assert_inert(response):
    page = response.content.decode() if response.get("Content-Type") == HTML else ""
    assert response.status_code < 500
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    return page


# XSS


@pytest.mark.parametrize("route", ROUTES)
def test_no_text_is_read_as_html(hostile, scene, route):
    for url in urls(route, scene):
        pages = [hostile.get(url), hostile.get(url, dict.fromkeys(NAMES, XSS))]
        pages += [hostile.get(url, {name: XSS}) for name in ALONE]
        pages += [hostile.post(url, dict.fromkeys(NAMES, XSS))]
        for page in pages:
            assert_inert(page)


# CSRF


@pytest.mark.parametrize("route", ROUTES)
def test_no_page_takes_a_post_without_a_token(hostile, scene, route):
    browser = Client(enforce_csrf_checks=True)
    browser.cookies = hostile.cookies
    before = rows()

    for url in urls(route, scene):
        for forged in ({}, {"csrfmiddlewaretoken": "a" * 64}):
            response = browser.post(url, {"couriers": 5, "orders": 7, "step": "do", "_save": "Save"} | forged)
            assert (response.status_code, response["Content-Type"]) == (403, HTML)

    assert rows() == before


# Ids that are not there, or not theirs


@pytest.mark.parametrize("route", OF_RECORDS)
def test_no_id_in_a_url_breaks_a_page(hostile, scene, route):
    for record_id in IDS:
        (url,) = urls(route, scene, record_id)
        assert (hostile.get(url).status_code in (302, 403, 404), hostile.post(url).status_code < 500) == (True, True)


def test_no_content_type_breaks_the_way_to_a_record(hostile, scene):
    assert {hostile.get(f"/admin/r/{content_type}/7/").status_code for content_type in IDS} == {404}


@pytest.mark.parametrize("deed", DEEDS)
def test_no_id_breaks_a_deed(hostile, scene, deed):
    before = rows()

    for record_id in map(unquote, IDS):
        named = dict.fromkeys(DEEDS[deed].form.base_fields, f"99, {record_id}") | {f"shown-{record_id}": "x"}
        for step in ({}, {"step": "do"}, {"begin": ""}):
            assert_inert(hostile.post(f"/admin/dispatch/{deed}/", named | step))
        assert_inert(hostile.get(f"/admin/dispatch/{deed}/", named))

    assert rows() == before


@pytest.mark.parametrize("records", ["couriers/courier", "bundles/bundle", "orders/order", "auth/user"])
def test_no_chosen_record_breaks_an_action(hostile, scene, records):
    actions = ["delete_selected", "nothing", *DEEDS]
    before = rows()

    for action in actions:
        chosen = {"action": action, "_selected_action": [unquote(each) for each in IDS], "index": 0}
        for asked in (chosen, chosen | {"select_across": 1}, chosen | {"index": "x"}, chosen | {"action": XSS}):
            assert_inert(hostile.post(f"/admin/{records}/", asked, follow=True))

    assert rows() == before


@pytest.mark.parametrize("route", ROUTES)
def test_a_stranger_sees_nothing(client, scene, route):
    for url in urls(route, scene):
        response = client.get(url)
        assert_tells_nothing(response)
        assert route in OPEN or response["Location"].startswith("/admin/login/?next=")


@pytest.mark.parametrize("route", ROUTES)
def test_staff_that_may_do_nothing_sees_nothing(client, scene, django_user_model, route):
    client.force_login(django_user_model.objects.create(username="staff", is_staff=True))

    for url in urls(route, scene):
        asked = [
            client.get(url),
            client.get(url, {"q": "7", "s": "7", "numbers": "5"}),
            client.post(url, {"orders": "7"}),
        ]
        for response in asked:
            assert_tells_nothing(response)
            assert route in OPEN | OWN or response.status_code in (302, 403, 404, 405)


def assert_tells_nothing(response):
    page = assert_inert(response)
    assert not re.search("Courier 5|Order 7|Bundle [0-9]|alert", words(response) if page else "")


# Files


@pytest.mark.parametrize("file_format", WRITERS)
@pytest.mark.parametrize("records", ["couriers/courier", "orders/order"])
def test_a_file_is_never_taken_for_a_page(hostile, scene, records, file_format):
    for page in (f"export/{file_format}/", f"import/sample/{file_format}/"):
        response = hostile.get(f"/admin/{records}/{page}")

        assert response["Content-Disposition"].startswith("attachment; ")
        assert response["X-Content-Type-Options"] == "nosniff"
        assert "html" not in response["Content-Type"]


FORMULAS = ["=1+1", "+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "=cmd|' /C calc'!A0", '"=1+1']


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("formula", FORMULAS)
def test_no_bad_row_comes_back_as_a_formula(dispatcher, formula):
    sent = io.StringIO()
    csv.writer(sent).writerows([["order_id", "weight", "region", "delivery_hours"], [formula, formula, 1, formula]])

    response = dispatcher.post(
        "/admin/orders/order/import/run/?mode=good&name=o.csv", sent.getvalue().encode(), "application/octet-stream"
    )

    told = [json.loads(line) for line in b"".join(response.streaming_content).splitlines()]
    rejects = b"".join(base64.b64decode(line["rejects"]) for line in told if "rejects" in line).decode()
    cells = [cell for row in csv.reader(io.StringIO(rejects, newline="")) for cell in row]
    assert [cell for cell in cells if re.match("[=+@\t\r-]", cell)] == []
    assert any(formula in cell for cell in cells)
    assert (response["Content-Type"], response["X-Content-Type-Options"]) == ("application/x-ndjson", "nosniff")


@pytest.mark.once
def test_no_script_of_ours_reads_a_text_as_html():
    for folder in ("sweets_store", "dispatchers"):
        for script in (Path(settings.BASE_DIR) / folder / "static").rglob("*.js"):
            assert not re.search("innerHTML|outerHTML|insertAdjacentHTML|document.write|eval\\(", script.read_text())

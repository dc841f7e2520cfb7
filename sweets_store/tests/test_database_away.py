"""A database that is away or locked too long: 503 with Retry-After, nothing half done, and recovery by itself."""

import os
import urllib.error
import urllib.request
from contextlib import closing
from urllib.parse import urlencode, urlsplit

import psycopg2
import pytest

from sweets_store.tests.serving import locked, served_store

COURIER = {"courier_id": 1, "courier_type": "foot", "regions": [1], "working_hours": ["09:00-18:00"]}
ORDER = {"order_id": 1, "weight": 1, "region": 1, "delivery_hours": ["09:00-18:00"]}


@pytest.fixture(scope="module")
def impatient_store(tmp_path_factory):
    """A store with a courier and an order, whose requests wait for a lock for one second."""
    folder = tmp_path_factory.mktemp("impatient")
    with served_store(folder, f"impatient_{os.getpid()}", LOCK_TIMEOUT="1") as store:
        store.post("/couriers", {"data": [COURIER]})
        store.post("/orders", {"data": [ORDER]})
        yield store


def everything_locked(store):
    return locked(store, "LOCK couriers, orders IN SHARE ROW EXCLUSIVE MODE", "SELECT FROM couriers FOR UPDATE")


def assert_unavailable(answer):
    assert answer.status == 503
    assert answer.body == {"code": "database_unavailable", "detail": "The database is away or locked. Try again."}
    assert int(answer.headers["Retry-After"]) >= 1


def page_of(store, path, **request):
    """Return (status, headers, text)."""
    try:
        answer = urllib.request.urlopen(urllib.request.Request(store.url + path, **request), timeout=60)
    except urllib.error.HTTPError as refusal:
        answer = refusal
    with answer:
        return answer.status, answer.headers, answer.read().decode()


def assert_page_unavailable(page):
    status, headers, text = page
    assert (status, headers["Retry-After"]) == (503, "1")
    assert "The database is away or locked" in text


@pytest.mark.parametrize(
    ("name", "method", "path", "body"),
    [
        ("assign", "POST", "/orders/assign", {"courier_id": 1}),
        (
            "complete",
            "POST",
            "/orders/complete",
            {"courier_id": 1, "order_id": 1, "complete_time": "2026-01-01T00:00:00Z"},
        ),
        ("change", "PATCH", "/couriers/1", {"regions": [1]}),
        ("hire", "POST", "/couriers", {"data": [COURIER | {"courier_id": 2}]}),
        ("take", "POST", "/orders", {"data": [ORDER | {"order_id": 2}]}),
    ],
)
def test_a_write_that_waits_too_long_is_unavailable(name, method, path, body, impatient_store):
    with everything_locked(impatient_store):
        answer = impatient_store.request(method, path, body)

    assert_unavailable(answer)
    assert f"The database refused {path}: " in impatient_store.said()
    assert impatient_store.get("/orders").body["results"][0]["bundle_id"] is None
    assert len(impatient_store.get("/couriers").body["results"]) == 1
    assert len(impatient_store.get("/orders").body["results"]) == 1


def test_reads_do_not_wait_for_a_writer(impatient_store):
    with everything_locked(impatient_store):
        assert impatient_store.get("/couriers/1").status == 200
        assert impatient_store.get("/orders").status == 200


@pytest.mark.parametrize(
    ("name", "path", "sent", "field"),
    [
        ("a bad order", "/orders", ORDER | {"order_id": 2, "weight": 0}, "weight"),
        ("a bad courier", "/couriers", COURIER | {"courier_id": 2, "courier_type": "plane"}, "courier_type"),
        ("an order's id in use", "/orders", ORDER, "order_id"),
        ("a courier's id in use", "/couriers", COURIER, "courier_id"),
    ],
)
def test_a_bad_import_is_refused_before_it_needs_a_lock(name, path, sent, field, impatient_store):
    with everything_locked(impatient_store):
        answer = impatient_store.post(path, {"data": [sent]})

    assert answer.status == 400
    assert answer.body["validation_error"][str(next(iter(sent.values())))].keys() == {field}


@pytest.mark.sqlite
def test_a_page_that_waits_too_long_says_so(impatient_store):
    token = 32 * "a"
    guess = urlencode({"csrfmiddlewaretoken": token, "username": "anna", "password": "guess"}).encode()
    with everything_locked(impatient_store):
        page = page_of(impatient_store, "/admin/login/", data=guess, headers={"Cookie": f"csrftoken={token}"})

    assert_page_unavailable(page)


@pytest.mark.postgresql
def test_a_database_that_only_reads_is_unavailable_for_writes(impatient_store):
    name = urlsplit(impatient_store.environment["DATABASE_URL"]).path.removeprefix("/")
    with closing(psycopg2.connect(os.environ["DATABASE_URL"])) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        cursor.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
        cursor.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
        write, read = impatient_store.patch("/couriers/1", {"regions": [1]}), impatient_store.get("/couriers/1")
        cursor.execute(f'ALTER DATABASE "{name}" RESET default_transaction_read_only')
        cursor.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])

    assert_unavailable(write)
    assert read.status == 200


@pytest.mark.postgresql
def test_a_database_that_went_away_and_came_back(impatient_store):
    name = urlsplit(impatient_store.environment["DATABASE_URL"]).path.removeprefix("/")
    with closing(psycopg2.connect(os.environ["DATABASE_URL"])) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        cursor.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        cursor.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
        away = [impatient_store.get("/couriers/1"), impatient_store.post("/orders/assign", {"courier_id": 1})]
        away.append(impatient_store.get("/health"))
        page = page_of(impatient_store, "/admin/", headers={"Cookie": "sessionid=" + 32 * "a"})
        cursor.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')

    for answer in away:
        assert_unavailable(answer)
    assert_page_unavailable(page)
    assert "Traceback" not in impatient_store.said()
    assert impatient_store.get("/health").status == 200
    assert impatient_store.get("/couriers/1").status == 200

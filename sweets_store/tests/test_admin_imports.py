"""Files in and out of the admin's lists."""

import base64
import csv
import io
import json
import re

import openpyxl
import pytest
from django.contrib.auth.models import Permission
from django.db import InterfaceError, InternalError, OperationalError
from django.test import Client

from bundles.tests.factories import BundleFactory
from couriers.models import Courier
from couriers.serializers import CourierSerializer
from couriers.tests.factories import CourierFactory
from orders.models import Order
from orders.serializers import OrderSerializer
from orders.services import COLUMNS
from orders.tests.factories import OrderFactory
from record.models import Event
from sweets_store.bulk import insert_rows
from sweets_store.imports.writing import written
from sweets_store.tests.pages import words
from sweets_store.tests.statements import statements_captured

COURIERS, ORDERS = "/admin/couriers/courier/", "/admin/orders/order/"
LISTS = [COURIERS, ORDERS]
FORMATS = ("csv", "xlsx", "ndjson", "json")
NAMES = {COURIERS: list(CourierSerializer.declared()), ORDERS: list(OrderSerializer.declared())}
MODELS = {COURIERS: Courier, ORDERS: Order}
HTML = "text/html; charset=utf-8"

# An import runs in a thread of its own, which sees only what is committed.
committed = pytest.mark.django_db(transaction=True)


def order(order_id, weight=1.5, region=1, delivery_hours=("09:00-12:00",)):
    values = (order_id, weight, region, list(delivery_hours))
    return dict(zip(NAMES[ORDERS], values, strict=True))


def file_of(orders, file_format):
    return b"".join(written(orders, NAMES[ORDERS], file_format))


def lines(response):
    return [json.loads(line) for line in b"".join(response.streaming_content).splitlines()]


def post(client, mode, content, name="orders.csv", records=ORDERS):
    return client.post(f"{records}import/run/?mode={mode}&name={name}", content, "application/octet-stream")


def run(client, mode, content, name="orders.csv", records=ORDERS):
    """Return (the result, the rejects, the progress)."""
    answer = lines(post(client, mode, content, name, records))
    rejects = b"".join(base64.b64decode(line["rejects"]) for line in answer if "rejects" in line)
    (result,) = (line["result"] for line in answer if "result" in line)
    assert "result" in answer[-1]
    return result, rejects, [(line["step"], line["rows"]) for line in answer if "step" in line]


def stored_ids():
    return list(Order.objects.order_by("order_id").values_list("order_id", flat=True))


# The page


@pytest.mark.django_db
@pytest.mark.parametrize("records", LISTS)
def test_the_list_leads_to_the_import_and_to_exports_of_what_is_found(dispatcher, records):
    page = dispatcher.get(records, {"q": "7"}).content.decode()

    assert f'href="{records}import/"' in page
    for file_format in FORMATS:
        assert f'href="{records}export/{file_format}/?q=7"' in page


@pytest.mark.django_db
@pytest.mark.parametrize("records", LISTS)
def test_the_page_has_no_script_of_its_own_and_names_the_limits(dispatcher, records):
    response = dispatcher.get(f"{records}import/")
    page = response.content.decode().partition('id="content-main"')[2]

    assert "at most 100,000 rows and 32 MiB" in words(response)
    inline = [tag for tag in re.findall("<script[^>]*>", page) if " src=" not in tag]
    assert inline == ['<script id="import-words" type="application/json">']
    assert " onclick" not in page
    for file_format in FORMATS:
        assert f'href="{records}import/sample/{file_format}/"' in page


@committed
@pytest.mark.parametrize("file_format", FORMATS)
@pytest.mark.parametrize("records", LISTS)
def test_a_sample_imports_as_it_is(dispatcher, records, file_format):
    response = dispatcher.get(f"{records}import/sample/{file_format}/")
    sample = b"".join(response.streaming_content)

    result, rejects, _ = run(dispatcher, "all", sample, f"sample.{file_format}", records)

    assert (result["taken"], result["refused"], rejects) == (3, 0, b"")
    assert set(Event.objects.values_list("door", "actor")) == {("admin", "dispatcher")}
    assert list(MODELS[records].objects.values_list("pk", flat=True)) == [900_001, 900_002, 900_003]
    assert response["Content-Disposition"].endswith(f'-sample.{file_format}"')


# Importing


@committed
@pytest.mark.parametrize("file_format", FORMATS)
def test_a_check_tells_all_and_stores_nothing(dispatcher, file_format):
    OrderFactory(order_id=5, weight="1.50", region=1, delivery_hours=["09:00-12:00"])
    orders = [order(1), order(5), order(6, delivery_hours=[]), order(5, 3), order(0)]

    result, rejects, _ = run(dispatcher, "check", file_of(orders, file_format), f"o.{file_format}")

    place = {"csv": "line %d", "xlsx": "row %d", "ndjson": "line %d", "json": "data[%d]"}[file_format]
    first = {"csv": 2, "xlsx": 2, "ndjson": 1, "json": 0}[file_format]
    assert result == {
        "taken": 2,
        "already_there": 1,
        "refused": 2,
        "bad_rows": [
            [
                place % (first + 3),
                "5",
                f"order_id: stands more than once in this file, first in {place % (first + 1)};"
                " order_id: is in use: the store has it already, with another weight; give this order another id",
            ],
            [place % (first + 4), "", f"order_id: must be an integer from 1 to {2**63 - 1}"],
        ],
        "never_taken": 1,
        "never_taken_places": [place % (first + 2)],
    }
    assert rejects
    assert stored_ids() == [5]


@committed
@pytest.mark.parametrize("file_format", FORMATS)
def test_the_good_rows_are_kept_and_the_bad_ones_come_back_to_be_mended(dispatcher, file_format):
    name = f"o.{file_format}"
    content = file_of([order(1), order(2, 99), order(3), order(0)], file_format)

    result, rejects, _ = run(dispatcher, "good", content, name)
    assert (result["taken"], result["refused"], stored_ids()) == (2, 2, [1, 3])
    assert run(dispatcher, "check", rejects, name)[0]["refused"] == 2

    result, rejects, _ = run(dispatcher, "all", mended(rejects, file_format), name)
    assert (result["taken"], result["refused"], rejects) == (2, 0, b"")
    assert stored_ids() == [1, 2, 3, 4]

    again, _, _ = run(dispatcher, "good", content, name)
    assert (again["taken"], again["already_there"], again["refused"], stored_ids()) == (0, 2, 2, [1, 2, 3, 4])


def mended(rejects, file_format):
    if file_format == "xlsx":
        book, file = openpyxl.load_workbook(io.BytesIO(rejects)), io.BytesIO()
        assert [cell.value for cell in book.active[1]] == ["reason", *NAMES[ORDERS]]
        book.active["C2"], book.active["B3"] = 9, 4
        book.save(file)
        return file.getvalue()
    pairs = (
        [(b",2,99,", b",2,9,"), (b",0,1.5,", b",4,1.5,")]
        if file_format == "csv"
        else [(b": 99", b": 9"), (b": 0,", b": 4,")]
    )
    for bad, good in pairs:
        assert rejects.count(bad) == 1
        rejects = rejects.replace(bad, good)
    return rejects


@committed
def test_an_import_of_all_stops_at_one_bad_row(dispatcher):
    result, rejects, _ = run(dispatcher, "all", file_of([order(1), order(0)], "csv"))

    assert result == {
        "fault": "1 of 2 orders refused; nothing was changed.",
        "refused": 1,
        "bad_rows": [["line 3", "", f"order_id: must be an integer from 1 to {2**63 - 1}"]],
    }
    assert (rejects, stored_ids()) == (b"", [])


@committed
@pytest.mark.parametrize("fault", [OperationalError, InterfaceError, InternalError])
def test_a_database_that_is_away_or_only_reads_is_told_as_that(dispatcher, monkeypatch, caplog, fault):
    def refused(**asked):
        raise fault("cannot execute INSERT\nin a read-only transaction")

    monkeypatch.setattr("orders.admin.OrderAdmin.service", refused)
    result, _, _ = run(dispatcher, "all", file_of([order(1)], "csv"))

    assert result == {"fault": "The database is away or locked too long. Check the file again in a moment."}
    assert [(line.getMessage(), line.exc_info) for line in caplog.records] == [
        ("The database refused an import: cannot execute INSERT in a read-only transaction", None)
    ]


@committed
def test_couriers_are_hired(dispatcher):
    CourierFactory(courier_id=1, courier_type="car", regions=[1], working_hours=[])
    content = b"courier_id,courier_type,regions,working_hours\n1,car,1,\n2,foot,1;2,09:00-18:00\n3,tram,1,\n1,bike,1,\n"

    result, _, _ = run(dispatcher, "good", content, "couriers.csv", COURIERS)

    assert (result["taken"], result["already_there"], result["refused"], result["never_taken"]) == (1, 1, 2, 0)
    assert list(Courier.objects.values_list("courier_id", "courier_type")) == [(1, "car"), (2, "foot")]


@committed
def test_the_progress_is_told_while_it_goes_on(dispatcher):
    content = file_of([order(order_id) for order_id in range(1, 20_002)], "csv")

    _, _, checked = run(dispatcher, "check", content)
    _, _, imported = run(dispatcher, "all", content)

    assert checked == [("checked", 10_000), ("checked", 20_000)]
    assert imported == [*checked, ("stored", 10_000), ("stored", 20_000), ("stored", 20_001)]


@committed
def test_a_thousand_bad_rows_are_shown_and_all_are_in_the_rejects(dispatcher):
    result, rejects, _ = run(dispatcher, "check", file_of([order(0)] * 3_000, "csv"))

    assert (result["refused"], len(result["bad_rows"]), result["bad_rows"][-1][0]) == (3_000, 1_000, "line 1001")
    assert len(list(csv.reader(io.StringIO(rejects.decode())))) == 3_001


@committed
def test_an_id_is_told_in_full(dispatcher):
    result, _, _ = run(dispatcher, "check", file_of([order(2**63 - 1, 99)], "json"), "o.json")

    assert result["bad_rows"][0][1] == "9223372036854775807"


@committed
def test_more_than_100_000_rows_are_refused_in_words(dispatcher):
    result, _, _ = run(dispatcher, "good", b"{}\n" * 100_001, "o.ndjson")

    assert result == {"fault": "The file holds more than 100,000 rows: send it in parts."}


@committed
@pytest.mark.parametrize(
    "name", ["o.csv", "o.xlsx", "o.ndjson", "o.json", "O.JSONL", "../../o.csv", "o.%00.csv", "/etc/x.json"]
)
@pytest.mark.parametrize(
    "content", [b"", b"\0" * 5_000, b"\xff\xfe", b"PK\3\4" * 50, b'{"data": [' * 500, b"=1,\r\n" * 9]
)
def test_no_file_breaks_an_import(dispatcher, name, content):
    if "%00" in name:
        assert post(dispatcher, "good", content, name).status_code == 400
        return

    (last,) = lines(post(dispatcher, "good", content, name))[-1:]

    assert last["result"].get("fault", "").startswith("The file ") or last["result"]["taken"] == 0
    assert stored_ids() == []


@committed
def test_an_import_goes_on_when_its_reader_goes_away(dispatcher):
    response = post(dispatcher, "good", file_of([order(order_id) for order_id in range(1, 12_001)], "csv"))

    assert json.loads(next(iter(response.streaming_content))) == {"step": "checked", "rows": 10_000}
    response.close()

    assert Order.objects.count() == 12_000


# Refusals


@pytest.mark.django_db
@pytest.mark.parametrize("query", ["", "mode=check", "mode=check&name=o.txt", "mode=none&name=o.csv", "name=o.csv"])
def test_a_run_that_is_not_understood_is_told_so(dispatcher, query):
    response = dispatcher.post(f"{ORDERS}import/run/?{query}", b"{}", "application/octet-stream")

    assert response.status_code == 400
    assert [list(line) for line in lines(response)] == [["fault"]]


PAGES = ["import/", "import/run/?mode=good&name=o.csv", "import/sample/csv/", "export/csv/"]


@pytest.mark.django_db
@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("records", LISTS)
def test_a_stranger_is_asked_to_log_in(client, records, page):
    for method in (client.get, client.post):
        response = method(records + page)

        assert (response.status_code, response["Location"].partition("?")[0]) == (302, "/admin/login/")


@pytest.mark.django_db
@pytest.mark.parametrize(("records", "others"), [(COURIERS, "order"), (ORDERS, "courier")])
def test_who_may_only_look_may_export_and_nothing_else(client, django_user_model, records, others):
    viewer = django_user_model.objects.create(username="viewer", is_staff=True)
    mine = "courier" if records == COURIERS else "order"
    wanted = [f"view_{mine}", f"view_{others}", f"add_{others}"]
    viewer.user_permissions.set(Permission.objects.filter(codename__in=wanted))
    client.force_login(viewer)
    CourierFactory(courier_id=1), OrderFactory(order_id=1)

    assert [client.get(records + page).status_code for page in PAGES] == [403, 405, 403, 200]
    assert post(client, "good", b"{}", "o.json", records).status_code == 403
    assert "import/" not in client.get(records).content.decode()


@pytest.mark.django_db
def test_who_may_import_needs_not_see_and_then_exports_nothing(client, django_user_model):
    importer = django_user_model.objects.create(username="importer", is_staff=True)
    importer.user_permissions.set(Permission.objects.filter(codename="add_order"))
    client.force_login(importer)

    assert [client.get(ORDERS + page).status_code for page in PAGES] == [200, 405, 200, 403]
    assert "export/" not in client.get(f"{ORDERS}import/").content.decode()


@pytest.mark.django_db
def test_a_run_without_a_token_is_refused(django_user_model):
    client = Client(enforce_csrf_checks=True)
    client.force_login(django_user_model.objects.create(username="d", is_staff=True, is_superuser=True))

    assert post(client, "good", file_of([order(1)], "csv")).status_code == 403
    assert stored_ids() == []


@pytest.mark.django_db
@pytest.mark.parametrize("page", ["import/sample/pdf/", "export/pdf/"])
def test_another_format_is_an_unknown_page(dispatcher, page):
    OrderFactory()

    response = dispatcher.get(ORDERS + page)

    assert (response.status_code, response["Content-Type"]) == (404, HTML)


# Exports


def exported(client, file_format, records=ORDERS, **query):
    response = client.get(f"{records}export/{file_format}/", query)
    return b"".join(response.streaming_content)


@committed
@pytest.mark.parametrize("file_format", FORMATS)
@pytest.mark.parametrize("records", LISTS)
def test_an_export_imports_again(dispatcher, records, file_format):
    bundle = BundleFactory(courier=CourierFactory(courier_id=2**63 - 1, regions=[3, 2**63 - 1], working_hours=[]))
    OrderFactory(order_id=2**63 - 1, weight="0.25", region=2**63 - 1, delivery_hours=[])
    OrderFactory(order_id=7, weight=50, bundle=bundle, delivery_hours=["09:00-12:00", "00:00-23:59"])
    CourierFactory(courier_id=1)

    content = exported(dispatcher, file_format, records)
    assert run(dispatcher, "all", content, f"o.{file_format}", records)[0]["already_there"] == 2

    before = list(MODELS[records].objects.values(*NAMES[records]))
    Order.objects.all().delete(), bundle.delete(), Courier.objects.all().delete()
    assert run(dispatcher, "all", content, f"o.{file_format}", records)[0]["taken"] == 2
    assert list(MODELS[records].objects.values(*NAMES[records])) == before


@pytest.mark.django_db
def test_an_export_holds_what_filters_and_search_found_in_the_lists_order(dispatcher):
    bundle = BundleFactory()
    OrderFactory(order_id=1, region=3), OrderFactory(order_id=2, region=3, bundle=bundle)
    OrderFactory(order_id=3, region=4), OrderFactory(order_id=4, region=3)

    found = exported(dispatcher, "csv", q="region 3", status="free").decode()

    assert [row[0] for row in csv.reader(io.StringIO(found))] == ["order_id", "4", "1"]


@pytest.mark.django_db
@pytest.mark.parametrize("query", [{"status": "free"}, {"q": "sweets"}])
def test_of_nothing_there_is_no_file(dispatcher, query):
    response = dispatcher.get(f"{ORDERS}export/csv/", query, follow=True)

    told = [str(message) for message in response.context["messages"]]
    assert "Nothing is found, so there is nothing to export." in told
    assert response.redirect_chain[0][0].startswith(f"{ORDERS}?")


@pytest.mark.django_db
@pytest.mark.parametrize("count", [100_000, 100_001])
def test_more_than_100_000_records_are_refused_in_words(dispatcher, count):
    insert_rows(Order, COLUMNS, ((order_id, 1, 1, "[]", 0) for order_id in range(1, count + 1)))

    response = dispatcher.get(f"{ORDERS}export/csv/", follow=True)

    if count == 100_000:
        assert b"".join(response.streaming_content).count(b"\r\n") == 100_001
    else:
        assert [str(message) for message in response.context["messages"]] == [
            "More than 100,000 orders are found, more than a file may hold: narrow the list first."
        ]


@pytest.mark.django_db
def test_an_export_asks_the_database_once_for_a_thousand_records(dispatcher):
    def statements(count):
        OrderFactory.create_batch(count)
        with statements_captured() as found:
            exported(dispatcher, "csv")
        return len(found)

    # session, user; count, ids and rows of the list's page; all ids; rows
    assert statements(1) == statements(150) == 7


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["q", "p", "o", "all", "status", "assigned", "order_id__regex", "weight__gte"])
def test_no_query_breaks_an_export(dispatcher, name):
    OrderFactory()

    for value in ["9" * 30, "-1", "0", "x", "🍬", "((", "1.-2.x"]:
        assert dispatcher.get(f"{ORDERS}export/csv/", {name: value}).status_code in (200, 302)

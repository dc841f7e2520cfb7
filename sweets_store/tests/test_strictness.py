"""The contract's "Everywhere": what JSON, types, URLs and headers the API takes and refuses."""

import pytest

from couriers.models import Courier
from couriers.tests.factories import CourierFactory
from orders.models import Order
from orders.tests.factories import OrderFactory

ORDER = '{"order_id": 1, "weight": 1, "region": 1, "delivery_hours": []}'


def import_of(order):
    return f'{{"data": [{order}]}}'.encode()


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("empty", b""),
        ("blank", b" \n"),
        ("no JSON", b"{data: []}"),
        ("cut off", b'{"data": ['),
        ("two objects", b"{} {}"),
        ("an array", b"[]"),
        ("a string", b'"data"'),
        ("null", b"null"),
        ("NaN", import_of(ORDER.replace('"weight": 1', '"weight": NaN'))),
        ("Infinity", import_of(ORDER.replace('"weight": 1', '"weight": -Infinity'))),
        ("a number beyond a double", import_of(ORDER.replace('"weight": 1', '"weight": 1e400'))),
        ("an integer of 5,000 digits", import_of(ORDER.replace('"weight": 1', '"weight": ' + "9" * 5_000))),
        ("a lone surrogate", import_of(ORDER.replace("[]", r'["\ud800"]'))),
        ("a lone surrogate as a key", import_of(ORDER.replace("region", r"\udfff"))),
        ("surrogates in the wrong order", import_of(ORDER.replace("[]", r'["\udc00\ud800"]'))),
        ("NUL", import_of(ORDER.replace("[]", r'["\u0000"]'))),
        ("NUL in a key", import_of(ORDER.replace("region", r"\u0000"))),
        ("a raw control character", import_of(ORDER.replace("[]", '["\n"]'))),
        ("a key twice", import_of('{"order_id": 1, "order_id": 1}')),
        ("a key twice, once escaped", import_of(r'{"order_id": 1, "order\u005fid": 1}')),
        ("5,000 brackets", b"[" * 5_000 + b"]" * 5_000),
        ("100,000 open brackets", b'{"data":' + b"[" * 100_000),
        ("5,000 objects in each other", b'{"a":' * 5_000 + b"1" + b"}" * 5_000),
        ("deeper than any body", b'{"data": [[[[[[[[[]]]]]]]]]}'),
        ("Latin-1", import_of(ORDER.replace("[]", '["ä"]')).decode().encode("latin-1")),
        ("UTF-16", import_of(ORDER).decode().encode("utf-16")),
        ("a byte order mark", b"\xef\xbb\xbf{}"),
    ],
)
def test_broken_json_is_refused(name, body, api):
    answer = api.post("/orders", body)

    assert answer.status == 400
    assert answer.body.keys() == {"code", "detail"}
    assert answer.body["code"] == "broken_json"
    assert not Order.objects.exists()


@pytest.mark.parametrize("path", ["/orders", "/couriers", "/orders/assign", "/orders/complete"])
def test_every_handler_refuses_an_empty_body(path, api):
    assert api.post(path, b"").body["code"] == "broken_json"
    assert api.post(path, b"", content_type="").body["code"] == "broken_json"


def test_a_pair_of_surrogates_is_a_character(api):
    answer = api.post("/orders", rb'{"data": [], "\ud83c\udf6c": 1}')

    assert answer.body == {"validation_error": {"🍬": "is unknown; known: data"}}


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json; charset=latin-1",
        "application/jsonlines",
        "",
    ],
)
def test_another_content_type_is_refused(content_type, api):
    answer = api.post("/orders", {"data": []}, content_type=content_type)

    assert answer.status == 415
    assert answer.body["code"] == "unsupported_media_type"


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "Application/JSON; charset=UTF-8",
        'application/json;charset="utf-8"',
        "application/json; charset = utf-8 ;",
        "application/json; odata=verbose",
    ],
)
def test_json_in_utf_8_is_taken(content_type, api):
    assert api.post("/orders", {"data": []}, content_type=content_type).status == 201


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *[("order_id", value) for value in ["7", 1.0, 1e0, True, None, 0, -1, 2**63, 10**400, [1], {}]],
        *[("region", value) for value in ["7", 1.0, True, None, 0, -1, 2**63]],
        *[("weight", value) for value in ["0.5", True, None, 0, 0.009, 50.01, 51, -1, 1.001, [1]]],
        *[("delivery_hours", value) for value in ["09:00-10:00", None, {}, [None], [9], [["09:00-10:00"]], [{}]]],
        *[
            ("delivery_hours", [window])
            for window in [
                *[
                    "24:00-24:00",
                    "23:00-24:00",
                    "9:00-18:00",
                    "18:00-09:00",
                    "10:00-10:00",
                    "09:00-18:0",
                    "09:60-10:00",
                ],
                *["09:00 - 18:00", "09:00-18:00 ", "09:00-18:00\n", "٠٩:٠٠-١٨:٠٠", "0９:00-18:00", "", "09:00–18:00"],
            ]
        ],
        ("delivery_hours", ["09:00-10:00"] * 1_001),
    ],
)
def test_values_are_not_coerced(field, value, api):
    order = {"order_id": 1, "weight": 1, "region": 1, "delivery_hours": []} | {field: value}

    answer = api.post("/orders", {"data": [order]})

    key, listed = ("data[0]", []) if field == "order_id" else ("1", [{"id": 1}])
    assert answer.status == 400
    assert answer.body["validation_error"]["orders"] == listed
    assert answer.body["validation_error"][key].keys() == {field}
    assert not Order.objects.exists()


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("0.01", 0.01),
        ("1e1", 10),
        ("1.100", 1.1),
        ("50", 50),
        ("50.00", 50),
        ("5000E-2", 50),
        ("1", 1),
        ("0.29", 0.29),
    ],
)
def test_weights_of_two_decimals_by_value_are_taken(text, kept, api):
    answer = api.post("/orders", import_of(ORDER.replace('"weight": 1', f'"weight": {text}')))

    assert answer.status == 201
    assert api.get("/orders/1").body["weight"] == kept


@pytest.mark.parametrize(
    "text",
    ["50.0000000000000001", "0.0099999999999999999999", "1e-400", "1e-99999999999999999999", "0.010000000000000000001"],
)
def test_weights_are_exact(text, api):
    answer = api.post("/orders", import_of(ORDER.replace('"weight": 1', f'"weight": {text}')))

    assert answer.body["validation_error"]["1"].keys() == {"weight"}


def test_the_largest_ids_are_kept(api):
    largest = 2**63 - 1
    order = {"order_id": largest, "weight": 1, "region": largest, "delivery_hours": []}

    assert api.post("/orders", {"data": [order]}).body == {"orders": [{"id": largest}]}
    assert api.get(f"/orders/{largest}").body["region"] == largest


@pytest.mark.parametrize(
    "path",
    [
        *["/", "/nowhere", "/couriers/", "/orders/", "/couriers/1/", "/orders/assign/", "/couriers//1", "//couriers"],
        *[
            "/couriers/0",
            "/couriers/-1",
            "/couriers/+1",
            "/couriers/01",
            "/couriers/1.0",
            "/couriers/1e1",
            "/couriers/x",
        ],
        *[
            f"/couriers/{2**63}",
            f"/couriers/{10**30}",
            "/couriers/%D9%A1",
            "/couriers/1%0A",
            "/couriers/1%00",
            "/couriers/%FF",
        ],
        *["/orders/assign/1", "/orders/0", "/bundles/0", f"/bundles/{2**63}", "/favicon.ico", "/static/nothing.css"],
    ],
)
def test_unknown_urls_are_not_found(path, api):
    answer = api.get(path)

    assert answer.status == 404
    assert answer.body["code"] == "not_found"


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/couriers", "GET, POST, HEAD"),
        ("PUT", "/couriers/1", "GET, PATCH, HEAD"),
        ("OPTIONS", "/orders", "GET, POST, HEAD"),
        ("GET", "/orders/assign", "POST"),
        ("PATCH", "/orders/complete", "POST"),
        ("POST", "/bundles", "GET, HEAD"),
        ("BREW", "/couriers", "GET, POST, HEAD"),
    ],
)
def test_wrong_methods_are_named(method, path, allowed, api):
    answer = api.request(method, path)

    assert answer.status == 405
    assert answer.body["code"] == "method_not_allowed"
    assert answer.headers["Allow"] == allowed


@pytest.mark.parametrize("accept", ["text/html", "application/xml", "image/*;q=0.1", "nonsense", "*/*", ""])
def test_the_answer_is_json_whatever_accept_says(accept, api):
    courier = CourierFactory()

    answer = api.get(f"/couriers/{courier.courier_id}?format=html", headers={"Accept": accept})

    assert answer.status == 200


COMPLETE = {"courier_id": 1, "order_id": 1, "complete_time": "2021-01-10T10:33:01.42Z"}


@pytest.mark.parametrize(
    "instant",
    [
        *["2021-01-10T10:33:01", "2021-01-10 10:33:01Z", "2021-01-10T10:33Z", "2021-01-10", "2021-01-10T10:33:01+0300"],
        *[
            "2021-W01-7T10:33:01Z",
            "2021-01-10T10:33:01,42Z",
            "2021-01-10T10:33:01.Z",
            "2021-02-30T10:33:01Z",
            "20210110T103301Z",
        ],
        *["2021-01-10T24:00:00Z", "2021-01-10T10:33:60Z", "0000-01-10T10:33:01Z", "0001-01-01T00:00:00+00:01"],
        *[
            "9999-12-31T23:59:59-00:01",
            "2021-01-10T10:33:01+24:00",
            "2021-01-10T10:33:01+03:60",
            "٢٠21-01-10T10:33:01Z",
        ],
        *["2021-01-10T10:33:01Z ", " 2021-01-10T10:33:01Z", "12021-01-10T10:33:01Z", "", 1610274781, None, True, []],
    ],
)
def test_instants_must_be_rfc_3339_with_an_offset(instant, api):
    answer = api.post("/orders/complete", COMPLETE | {"complete_time": instant})

    assert answer.status == 400
    assert answer.body["validation_error"].keys() == {"complete_time"}


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("2021-01-10T10:33:01.42Z", "2021-01-10T10:33:01.420000Z"),
        ("2021-01-10t10:33:01z", "2021-01-10T10:33:01.000000Z"),
        ("2021-01-10T10:33:01.1234569Z", "2021-01-10T10:33:01.123456Z"),
        ("2021-01-10T10:33:01+03:00", "2021-01-10T07:33:01.000000Z"),
        ("2021-01-10T10:33:01-23:59", "2021-01-11T10:32:01.000000Z"),
        ("2021-01-10T10:33:01-00:00", "2021-01-10T10:33:01.000000Z"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000000Z"),
        ("9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z"),
        ("2024-02-29T00:00:00Z", "2024-02-29T00:00:00.000000Z"),
    ],
)
def test_instants_are_kept_in_utc(sent, kept, api):
    courier, order = CourierFactory(), OrderFactory()
    api.post("/orders/assign", {"courier_id": courier.courier_id})

    answer = api.post(
        "/orders/complete", {"courier_id": courier.courier_id, "order_id": order.order_id, "complete_time": sent}
    )

    assert answer.body == {"order_id": order.order_id}
    assert api.get(f"/orders/{order.order_id}").body["complete_time"] == kept
    assert api.get(f"/couriers/{courier.courier_id}").status == 200


@pytest.mark.parametrize(
    ("name", "path", "body", "faults"),
    [
        ("assign, nothing", "/orders/assign", {}, {"courier_id"}),
        ("assign, two faults", "/orders/assign", {"courier_id": "1", "x": 1}, {"courier_id", "x"}),
        ("complete, nothing", "/orders/complete", {}, {"courier_id", "order_id", "complete_time"}),
        (
            "complete, all",
            "/orders/complete",
            {"courier_id": 0, "order_id": 1.0, "complete_time": 1, "y": None},
            {"courier_id", "order_id", "complete_time", "y"},
        ),
        ("import, nothing", "/orders", {}, {"data"}),
        ("import, two faults", "/couriers", {"data": {}, "x": 1}, {"data", "x"}),
        ("import, null", "/couriers", {"data": None}, {"data"}),
        ("import, too many", "/orders", {"data": [1] * 100_001}, {"data"}),
    ],
)
def test_the_top_level_names_every_fault_at_once(name, path, body, faults, api):
    answer = api.post(path, body)

    assert answer.status == 400
    assert answer.body.keys() == {"validation_error"}
    assert answer.body["validation_error"].keys() == faults


def test_refused_ids_in_a_body_are_bad_requests(api):
    courier = CourierFactory()

    unknown = api.post("/orders/assign", {"courier_id": 999})
    not_his = api.post("/orders/complete", COMPLETE | {"courier_id": courier.courier_id})

    assert (unknown.status, unknown.body["code"]) == (400, "unknown_courier")
    assert (not_his.status, not_his.body["code"]) == (400, "not_carried")


@pytest.mark.parametrize("body", [b"", b"{", {}, {"courier_id": 1}, {"regions": None}])
def test_an_unknown_courier_in_the_path_is_not_found_before_the_body_is_judged(body, api):
    answer = api.patch("/couriers/999", body)

    assert (answer.status, answer.body["code"]) == (404, "unknown_courier")
    assert not Courier.objects.exists()

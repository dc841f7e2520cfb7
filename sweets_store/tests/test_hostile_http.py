"""What clients can send that is no proper request: over real sockets, against the served store.

Every answer is JSON with the contract's status; none is cut off.
"""

import json
import socket
from http.client import HTTPResponse

import pytest

MIB = 1024 * 1024


class Wire:
    """A connection to the store that sends bytes as they are."""

    def __init__(self, store):
        self.socket = socket.create_connection(("127.0.0.1", store.port), timeout=60)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.socket.close()

    def send(self, *parts):
        for part in parts:
            self.socket.sendall(part)
        return self

    def answer(self, method="POST"):
        """Return (status, body); assert that it is JSON."""
        response = HTTPResponse(self.socket, method=method)
        response.begin()
        content = response.read()
        assert response.getheader("Content-Type") == "application/json", content
        return response.status, json.loads(content)


@pytest.fixture
def wire(store):
    with Wire(store) as opened:
        yield opened


def head(request_line, **headers):
    lines = [
        request_line,
        "Host: localhost",
        *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items()),
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def chunked(body, size=10):
    pieces = [body[start : start + size] for start in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


@pytest.mark.parametrize(
    ("name", "sent", "status"),
    [
        ("no HTTP", b"hello\r\n\r\n", 400),
        ("no path", b"GET HTTP/1.1\r\n\r\n", 400),
        ("strange version", b"GET / HTTP/7.3\r\n\r\n", 400),
        ("header without a colon", b"GET /couriers HTTP/1.1\r\nHost localhost\r\n\r\n", 400),
        ("header with NUL", b"GET /couriers HTTP/1.1\r\nX: a\0b\r\n\r\n", 400),
        ("endless line", b"GET /" + b"a" * 10_000 + b" HTTP/1.1\r\n\r\n", 414),
        ("endless header", b"GET / HTTP/1.1\r\nX: " + b"a" * 20_000 + b"\r\n\r\n", 431),
        ("too many headers", b"GET / HTTP/1.1\r\n" + b"X: a\r\n" * 200 + b"\r\n", 431),
        ("length that is no number", b"POST /orders HTTP/1.1\r\nContent-Length: two\r\n\r\n{}", 400),
        ("negative length", b"POST /orders HTTP/1.1\r\nContent-Length: -2\r\n\r\n{}", 400),
        ("two lengths", b"POST /orders HTTP/1.1\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}", 400),
        ("unknown transfer coding", b"POST /orders HTTP/1.1\r\nTransfer-Encoding: magic\r\n\r\n{}", 400),
        (
            "chunk of no size",
            b"POST /orders HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            400,
        ),
    ],
)
def test_what_is_no_http_is_refused_in_json(name, sent, status, wire):
    answered, body = wire.send(sent).answer()

    assert answered == status
    assert body.keys() == {"code", "detail"}


def test_a_strange_host_is_refused_in_json(wire):
    status, body = wire.send(b"GET /couriers HTTP/1.1\r\nHost: evil\r\n\r\n").answer("GET")

    assert status == 400
    assert body["code"] == "unknown_host"


def test_a_header_says_nothing_of_the_url(wire):
    sent = b"GET /couriers?limit=1 HTTP/1.1\r\nHost: 127.0.0.1\r\nSCRIPT_NAME: /couriers\r\nPATH_INFO: /nowhere\r\n\r\n"

    assert wire.send(sent).answer("GET")[0] == 200


def test_chunked_bodies_count_like_any_other(wire):
    body = json.dumps({"data": [{"order_id": "x"}]}).encode()
    sent = head("POST /orders HTTP/1.1", Content_Type="application/json", Transfer_Encoding="chunked")

    status, answer = wire.send(sent, chunked(body)).answer()

    assert status == 400
    assert answer["validation_error"]["orders"] == []
    assert answer["validation_error"]["data[0]"].keys() == {"order_id", "weight", "region", "delivery_hours"}


@pytest.mark.parametrize("sent", [b"", b"5", b"5\r\n", b'5\r\n{"dat\r\n', b"f" * 18])
def test_a_chunked_body_that_ends_early_is_answered(sent, wire):
    wire.send(head("POST /orders HTTP/1.1", Content_Type="application/json", Transfer_Encoding="chunked"), sent)
    wire.socket.shutdown(socket.SHUT_WR)

    status, body = wire.answer()

    assert (status, body["code"]) == (400, "broken_body")


@pytest.mark.parametrize("missing", [1, 100_000])
@pytest.mark.parametrize("orders", [1, 2_000])
def test_a_body_shorter_than_its_length_is_refused_though_it_is_whole_json(orders, missing, wire, store):
    fields = {"weight": 1, "region": 1, "delivery_hours": []}
    sent = {"data": [{"order_id": 8_800_000_000 + n} | fields for n in range(orders)]}
    body = json.dumps(sent).encode()
    length = len(body) + missing
    wire.send(head("POST /orders HTTP/1.1", Content_Type="application/json", Content_Length=length), body)
    wire.socket.shutdown(socket.SHUT_WR)

    status, refused = wire.answer()

    assert (status, refused["code"]) == (400, "broken_body")
    assert store.get("/orders/8800000000").status == 404


def test_a_body_of_which_nothing_comes_is_refused(wire):
    wire.send(head("PATCH /couriers/9000000001 HTTP/1.1", Content_Type="application/json", Content_Length=2))
    wire.socket.shutdown(socket.SHUT_WR)

    status, body = wire.answer("PATCH")

    assert (status, body["code"]) == (400, "broken_body")


@pytest.mark.parametrize("size", [32 * MIB + 1, 40 * MIB])
def test_a_body_over_the_limit_is_read_away_and_answered(size, wire):
    sent = head("POST /orders HTTP/1.1", Content_Type="application/json", Content_Length=size)

    status, body = wire.send(sent, *[b" " * MIB] * (size // MIB), b" " * (size % MIB)).answer()

    assert status == 413
    assert body["code"] == "body_too_large"


def test_a_chunked_body_over_the_limit_is_read_away_and_answered(wire):
    sent = head("POST /orders HTTP/1.1", Content_Type="application/json", Transfer_Encoding="chunked")

    status, body = wire.send(sent, chunked(b" " * 33 * MIB, size=MIB)).answer()

    assert status == 413
    assert body["code"] == "body_too_large"


def test_a_body_of_just_the_limit_is_judged(wire):
    padding = 32 * MIB - len(b'{"data": 7}')
    sent = head("POST /orders HTTP/1.1", Content_Type="application/json", Content_Length=32 * MIB)

    status, body = wire.send(sent, b'{"data": 7', b" " * padding, b"}").answer()

    assert (status, body) == (400, {"validation_error": {"data": "must be a list of objects"}})


def test_after_a_refused_body_the_connection_still_serves(wire):
    body = b"{}" * 100_000
    wire.send(head("POST /nowhere HTTP/1.1", Content_Length=len(body)), body)
    first = wire.answer()

    second = wire.send(head("GET /couriers/9000000001 HTTP/1.1")).answer("GET")

    assert [first[0], second[0]] == [404, 404]
    assert second[1]["code"] == "unknown_courier"


def test_a_large_body_to_an_unknown_url_is_not_cut_off(wire):
    size = 20 * MIB
    sent = head("POST /nowhere HTTP/1.1", Content_Type="text/plain", Content_Length=size, Connection="close")

    status, _ = wire.send(sent, *[b"a" * MIB] * 20).answer()

    assert status == 404


@pytest.mark.parametrize("parameter", ["x*=nonsense''y", "charset*=no''utf-8", "x*=undefined''y", f"x*{'9' * 5000}=1"])
def test_a_content_type_that_cannot_be_read_is_another_one(wire, parameter):
    body = b'{"data": []}'
    sent = head("POST /orders HTTP/1.1", Content_Type=f"application/json; {parameter}", Content_Length=len(body))
    post = wire.send(sent, body).answer()
    get = wire.send(head("GET /orders HTTP/1.1", Content_Type=f"text/plain; {parameter}")).answer("GET")

    assert [post[0], get[0]] == [415, 200]


@pytest.mark.parametrize("charset", ["hex", "undefined", "idna", "utf-16"])
def test_no_charset_changes_what_a_query_says(wire, charset):
    wire.send(head("GET /orders?limit=1&region=%31 HTTP/1.1", Content_Type=f"application/json; charset={charset}"))

    assert wire.answer("GET")[0] == 200

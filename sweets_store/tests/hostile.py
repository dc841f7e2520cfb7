"""Requests as a hostile client writes them: valid ones of every handler, bent in a few places, as bytes."""

import json
from typing import NamedTuple

from hypothesis import strategies as st

JSON = b"application/json"
IDS = st.integers(1, 40) | st.integers(41, 10**6)
HOURS = ["09:00-18:00"]


class Request(NamedTuple):
    method: bytes
    target: bytes
    version: bytes
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes
    framing: bytes


# Valid ones


def courier(courier_id):
    return {"courier_id": courier_id, "courier_type": "car", "regions": [1, 2], "working_hours": HOURS}


def order(order_id):
    return {"order_id": order_id, "weight": 4.25, "region": order_id % 3 + 1, "delivery_hours": HOURS}


def completion(number):
    return {"courier_id": number % 9 + 1, "order_id": number, "complete_time": "2030-01-10T10:33:01.42Z"}


VALID = [
    ("GET", "/couriers?limit=2", None),
    ("GET", "/couriers?courier_type=car&region={}", None),
    ("GET", "/couriers/{}", None),
    ("GET", "/orders?limit=2&status=free", None),
    ("GET", "/orders?limit=2&weight_min=0.5&courier_id={}", None),
    ("GET", "/orders/{}", None),
    ("GET", "/orders/{}/events?limit=2", None),
    ("GET", "/orders/{}/explain?courier_id=1", None),
    ("GET", "/bundles?limit=2&assign_time_from=2020-01-01T00:00:00Z", None),
    ("GET", "/bundles/{}", None),
    ("HEAD", "/orders/{}", None),
    ("POST", "/couriers", lambda number: {"data": [courier(number)]}),
    ("PATCH", "/couriers/{}", lambda number: {"regions": [1, number], "working_hours": HOURS}),
    ("POST", "/orders", lambda number: {"data": [order(number), order(number + 100)]}),
    ("POST", "/orders/assign", lambda number: {"courier_id": number % 9 + 1}),
    ("POST", "/orders/complete", completion),
]


def valid(chosen, number):
    method, target, body = chosen
    sent = b"" if body is None else json.dumps(body(number)).encode()
    headers = ((b"Host", b"localhost"),) + (() if body is None else ((b"Content-Type", JSON),))
    return Request(method.encode(), target.format(number).encode(), b"HTTP/1.1", headers, sent, b"length")


# What is bent


def choice(*texts):
    """One of the texts, whose characters are bytes where all of them can be."""
    return st.sampled_from([text.encode("latin-1" if max(text, default="") < "\u0100" else "utf-8") for text in texts])


METHODS = choice(
    *("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "BREW", "PRI", "get"),
    *("", "G" * 30, "GE T", "G\0T", "\xff", "#"),
)
VERSIONS = choice(
    *(
        "HTTP/1.0",
        "HTTP/0.9",
        "HTTP/2.0",
        "HTTP/1.2",
        "HTTP/11",
        "http/1.1",
        "HTTPS/1.1",
        "",
        " HTTP/1.1",
        "HTTP/1.1 x",
    ),
    *("HTTP/1.1\0", "HTTP/1.1\n", "HTTP/1.1\r", "HTTP/٠.١"),
)
TARGETS = choice(
    *(
        "*",
        "/",
        "",
        "//",
        "//couriers",
        "/couriers/",
        "/couriers//1",
        "/./couriers",
        "/../../etc/passwd",
        "/couriers#1",
    ),
    *(
        "http://localhost/couriers/1",
        "https://evil/couriers",
        "http://[::1/orders",
        "http://",
        "localhost:443",
        "?",
        "#",
    ),
    *("/couriers/0", "/couriers/-1", "/couriers/01", "/couriers/1.0", f"/couriers/{2**63}", f"/orders/{'9' * 5_000}"),
    *(
        "/couriers/%31",
        "/orders/1%2Fevents",
        "/orders/%2e%2e",
        "/orders/1%00",
        "/orders/%FF",
        "/orders/%",
        "/orders/%zz",
    ),
    *("/orders/%ED%A0%80", "/orders/\xd9\xa1", "/orders/\0", "/orders/1;x=1", "/orders/1\\..", "/orders/assign?x=1"),
    *("/static/../settings.py", "/static/%00", "/favicon.ico", "/schema/", "/couriers/" + "a" * 9_000),
)
QUERIES = choice(
    *(
        "limit=0",
        "limit=1e1",
        "limit=" + "9" * 5_000,
        "limit=1&limit=2",
        "cursor=after-1:x",
        "cursor=%00",
        "cursor=\xff",
    ),
    *("cursor=:" * 9, "=", "&&&", "%", "%ED%A0%80=%ED%A0%80", "%00=%00", "region=", "region=%D9%A1", "status[]=free"),
    *("weight_min=NaN", "weight_max=1e400", "weight_min=0.000001", "assign_time_from=0001-01-01T00:00:00%2B23:59"),
    *("is_completed=True", "courier_id=1%0d%0aX: y", "courier_id=1'--", "a=<script>alert(1)</script>", "format=html"),
    *("order_id__regex=(", "bundle_id=1;courier_id=1", "&".join(f"a{n}=1" for n in range(1_200))),
)
NAMES = choice(
    *(
        "Accept",
        "Accept-Encoding",
        "Accept-Language",
        "Authorization",
        "Connection",
        "Content-Encoding",
        "Content-Length",
    ),
    *("Content-Type", "Cookie", "Expect", "Forwarded", "Host", "HTTP2-Settings", "Idempotency-Key", "If-Match"),
    *(
        "If-Modified-Since",
        "If-None-Match",
        "If-Range",
        "If-Unmodified-Since",
        "Keep-Alive",
        "Origin",
        "Prefer",
        "Range",
    ),
    *("Referer", "TE", "Trailer", "Transfer-Encoding", "Upgrade", "X-CSRFToken", "X-Forwarded-For", "X-Forwarded-Host"),
    *(
        "X-Forwarded-Proto",
        "X-HTTP-Method-Override",
        "X-Request-ID",
        "X_Request_ID",
        "Script-Name",
        "",
        " ",
        "A B",
        "A\0",
    ),
    *("\xff", "a" * 9_000, ":", "X\r\nY"),
)
VALUES = choice(
    *("", " ", "*", "*/*", "text/html", "text/html;q=0", "application/json; charset=utf-16", 'application/json;;;="'),
    *(
        "text/plain; charset=hex",
        "application/json; x*=nonsense''y",
        "multipart/form-data; boundary=" + "x" * 300,
        "100-continue",
        "100-Continue",
        "200-ok",
        "chunked",
        "gzip, chunked",
    ),
    *(
        "chunked, identity",
        "gzip",
        "identity",
        "0",
        "1",
        "-1",
        "+1",
        "1e3",
        "0x10",
        "1, 1",
        "9" * 30,
        "bytes=0-0",
        "close",
    ),
    *("keep-alive, Upgrade", "h2c", "websocket", "AAMAAABkAARAAAAAAAIAAAAA", "evil", "localhost:99999", "[::1", "a b"),
    *(
        "https",
        "http",
        'W/"x"',
        "Thu, 99 Foo 0000 99:99:99 GMT",
        "Basic \xff",
        "ru;q=x",
        'sessionid="\\000"',
        "a=b;;;=",
    ),
    *(
        "key-1",
        "key-2",
        '"key-1"',
        '"',
        "\\",
        "k" * 256,
        "k\te",
        "кey",
        "\0",
        "a\rb",
        "a\r\n b",
        "a\r\nSet-Cookie: x=y",
    ),
    *("\x1b[31m", "{{7*7}}", "<script>alert(1)</script>", "' OR 1=1--", "v" * 9_000),
)
FRAMINGS = choice("none", "less", "more", "twice", "both", "chunks", "extended", "trailed", "unended", "no size")
# What stands in place of a value, in JSON.
RUBBISH = choice(
    *("null", "true", "1.0", "-0", "1e400", "-1e-400", "9" * 400, "9" * 5_000, "0." + "9" * 400, str(2**63), "NaN"),
    *("-Infinity", "01", "0x1", '"1"', '""', '"\\u0000"', '"\\ud800"', '"\\udc00\\ud800"', '"\\x"', '"\0"', '"\xff"'),
    *('"' + "s" * 9_000 + '"', "[" * 9 + "]" * 9, "[" * 5_000, "[" * 5_000 + "]" * 5_000, '{"a":' * 3_000, "{}", "[]"),
    *("[1]", "[null, {}]", '{"courier_id": 1, "courier_id": 1}', '{"\\ud800": 1}', '{"": 1}', "1 1", "1,", "'1'", "//"),
    *('"24:00-24:00"', '"٠٩:٠٠-١٨:٠٠"', '["09:00-18:00", "09:00-18:00"]', '"9999-12-31T23:59:59-23:59"'),
    *('"<script>alert(1)</script>"', '"=cmd|x"', "[" + ",".join(["1"] * 1_001) + "]"),
)
RAW = choice(
    *(
        "",
        "\r\n",
        "\n",
        "\r",
        "\0",
        " ",
        "\t",
        ":",
        "\xff",
        "\xfe\xff",
        "\xef\xbb\xbf",
        "%",
        '"',
        "{",
        "]",
        ",",
        "0",
        "-",
    ),
    *("\r\n\r\n", "0\r\n\r\n", "HTTP/1.1 200 OK\r\n", "GET / HTTP/1.1\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    *("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "PROXY TCP4 1.1.1.1 2.2.2.2 1 2\r\n", "<?xml?>", "a" * 9_000),
)
PLACES = st.integers(0, 10**6)  # a share of the length


def place(text, share):
    return len(text) * share // 10**6


def value_replaced(body, at, rubbish):
    """The body with one of its values, or keys, replaced."""
    cuts = [i for i, byte in enumerate(body) if byte in b"[]{},:"]
    if not cuts:
        return rubbish
    n = at % len(cuts)
    end = cuts[n + 1] if n + 1 < len(cuts) else len(body)
    return body[: cuts[n] + 1] + rubbish + body[end:]


# Each bends a request, or what it is as bytes: (how, what is drawn for it).
ON_REQUESTS = [
    (lambda request, method: request._replace(method=method), METHODS),
    (lambda request, version: request._replace(version=version), VERSIONS),
    (lambda request, target: request._replace(target=target), TARGETS),
    (lambda request, query: request._replace(target=request.target.partition(b"?")[0] + b"?" + query), QUERIES),
    (lambda request, query: request._replace(target=request.target + b"&" + query), QUERIES),
    (lambda request, header: request._replace(headers=(*request.headers, header)), st.tuples(NAMES, VALUES)),
    (lambda request, value: with_header(request, b"Idempotency-Key", value), VALUES),
    (lambda request, value: with_header(request, b"X-Request-ID", value), VALUES),
    (lambda request, value: with_header(request, b"Accept", value), VALUES),
    (lambda request, value: with_header(request, b"Expect", value), choice("100-continue", "100-CONTINUE", "x", "")),
    (lambda request, value: with_header(request, b"Content-Type", value), VALUES),
    (lambda request, value: with_header(request, b"Host", value), VALUES),
    (lambda request, _: request._replace(headers=request.headers[1:]), st.none()),
    (lambda request, framing: request._replace(framing=framing), FRAMINGS),
    (lambda request, bent: request._replace(body=value_replaced(request.body, *bent)), st.tuples(PLACES, RUBBISH)),
    (lambda request, bent: request._replace(body=value_replaced(request.body, *bent)), st.tuples(PLACES, RUBBISH)),
    (lambda request, bent: request._replace(body=spliced(request.body, bent)), st.tuples(PLACES, st.just(0), RAW)),
]
ON_BYTES = [
    lambda sent, bent: spliced(sent, bent),
    lambda sent, bent: spliced(sent, (bent[0], bent[1] % 9 + 1, bent[2])),
    lambda sent, bent: sent[: place(sent, bent[0])],
    lambda sent, bent: flipped(sent, bent[0], bent[1]),
    lambda sent, bent: sent * (bent[1] % 3 + 2),
    lambda sent, bent: bent[2] + sent,
    lambda sent, bent: sent + bent[2] + b"GET /couriers/1 HTTP/1.1\r\nHost: localhost\r\n\r\n",
]


def with_header(request, name, value):
    others = tuple(header for header in request.headers if header[0] != name)
    return request._replace(headers=(*others, (name, value)))


def spliced(sent, bent):
    share, left_out, put_in = bent
    at = place(sent, share)
    return sent[:at] + put_in + sent[at + left_out :]


def flipped(sent, share, mask):
    at = place(sent, share) if share < 10**6 else 0
    return sent[:at] + bytes([sent[at] ^ (mask % 255 + 1)]) + sent[at + 1 :] if sent else sent


def framed(request):
    """(the headers that say where the body ends, the body as it is sent)."""
    body, length = request.body, len(request.body)
    told, chunked = (b"Content-Length", b"%d" % length), (b"Transfer-Encoding", b"chunked")
    chunks = b"".join(b"%X\r\n%b\r\n" % (len(piece), piece) for piece in (body[:7], body[7:]) if piece)
    ways = {
        b"length": ((told,) if body else (), body),
        b"none": ((), body),
        b"less": (((b"Content-Length", b"%d" % max(0, length - 3)),), body),
        b"more": (((b"Content-Length", b"%d" % (length + 3)),), body),
        b"twice": ((told, (b"Content-Length", b"%d" % (length + 1))), body),
        b"both": ((told, chunked), chunks + b"0\r\n\r\n"),
        b"chunks": ((chunked,), chunks + b"0\r\n\r\n"),
        b"extended": ((chunked,), chunks.replace(b"\r\n", b';a="b"\r\n', 1) + b"0;x\r\n\r\n"),
        b"trailed": ((chunked,), chunks + b"0\r\nX-Request-ID: late\r\nContent-Length: 1\r\n\r\n"),
        b"unended": ((chunked,), chunks),
        b"no size": ((chunked,), b"-1\r\n" + body),
    }
    return ways[request.framing]


def written(request):
    """The request as it goes over the wire."""
    told, body = framed(request)
    lines = [b" ".join([request.method, request.target, request.version]).rstrip()]
    lines += [b"%b: %b" % header for header in (*request.headers, *told)]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


ON_REQUEST = st.one_of([st.tuples(st.just(bend), drawn) for bend, drawn in ON_REQUESTS])
ON_BYTE = st.tuples(st.sampled_from(ON_BYTES), st.tuples(PLACES, st.integers(0, 255), RAW))


@st.composite
def requests(draw):
    request = valid(draw(st.sampled_from(VALID)), draw(IDS))
    for bend, drawn in draw(st.lists(ON_REQUEST, max_size=3)):
        request = bend(request, drawn)
    sent = written(request)
    for bend, drawn in draw(st.lists(ON_BYTE, max_size=1)):
        sent = bend(sent, drawn)
    return sent

"""Bytes that a hostile client sends, against the served store: every answer is one that the document names.

None is a 5xx or HTML, none is missing, and the store serves on. `--requests=100000 --log-cli-level=INFO` sends as many
and tells what was answered. A failing request is told as the bytes to send again.
"""

import json
import logging
import os
import re
import socket
from collections import Counter
from contextlib import suppress
from urllib.parse import unquote_to_bytes

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from sweets_store.docs import document
from sweets_store.tests.hostile import courier, order, requests
from sweets_store.tests.serving import manage, served_store

AT_ONCE = 50
GENERAL = {400, 404, 405, 413, 414, 417, 431}  # refusals that come before any handler is reached

logger = logging.getLogger(__name__)


def validators(responses):
    components = {"components": document()["components"]}
    return {
        int(status): Draft202012Validator(components | response["content"]["application/json"]["schema"])
        for status, response in responses.items()
    }


REFUSAL = Draft202012Validator(document()["components"]["schemas"]["Refusal"])
OPERATIONS = [
    (method.upper(), re.compile(re.sub("{.*?}", "[1-9][0-9]*", path)), validators(operation["responses"]))
    for path, methods in document()["paths"].items()
    for method, operation in methods.items()
]
REQUEST_LINE = re.compile(rb"[\r\n]*([A-Z]+) (/[^ ?#]*)")
STATUS = re.compile(rb"HTTP/1\.[0-9] ([1-5][0-9][0-9]) [A-Za-z -]+")
FIELD = re.compile(rb"([A-Za-z-]+): ([\x20-\x7e]+)")
REQUEST_ID = re.compile(rb"[A-Za-z0-9_.:/+=-]{1,64}")


@pytest.fixture
def store(tmp_path):
    """A store of its own with some couriers and orders."""
    with served_store(tmp_path, f"fuzzed_{os.getpid()}") as store:
        assert store.post("/couriers", {"data": [courier(number) for number in range(1, 10)]}).status == 201
        assert store.post("/orders", {"data": [order(number) for number in range(1, 21)]}).status == 201
        yield store


def test_no_bytes_lead_out_of_the_document(store, request):
    statuses, wanted = Counter(), request.config.option.requests

    @settings(
        max_examples=-(-wanted // AT_ONCE),
        phases=[Phase.generate],  # the bytes that fail are told as they are
        suppress_health_check=list(HealthCheck),
        database=None,
        print_blob=False,
    )
    @given(st.lists(requests(), min_size=AT_ONCE, max_size=AT_ONCE, unique=True))
    def fuzz(batch):
        for sent, answered in zip(batch, exchanged(store, batch), strict=True):
            statuses["sent"] += 1
            for status in judged(sent, answered):
                statuses[status] += 1
        assert store.get("/couriers/1").status == 200

    fuzz()

    logger.info("%s", dict(sorted(statuses.items(), key=str)))
    assert statuses["sent"] >= wanted
    assert statuses.keys() >= {200, 201, 400, 404, 405, 414, 415, 417, 422, 431}
    assert " [ERROR] " not in store.said()
    assert "Traceback" not in store.said()
    verified = manage("verify_store", environment=store.environment)
    assert (verified.returncode, verified.stderr) == (0, "")


def exchanged(store, batch):
    """What comes back for each, from connections that are open side by side."""
    opened = [socket.create_connection(("127.0.0.1", store.port), timeout=60) for _ in batch]
    try:
        for connection, sent in zip(opened, batch, strict=True):
            with suppress(OSError):  # refused after the first bytes, and closed: the answer is there all the same
                connection.sendall(sent)
                connection.shutdown(socket.SHUT_WR)
        return [received(*each) for each in zip(opened, batch, strict=True)]
    finally:
        for connection in opened:
            connection.close()


def received(connection, sent):
    try:
        return b"".join(iter(lambda: connection.recv(65536), b""))
    except OSError as fault:
        raise AssertionError(f"sent {sent!r}: {fault}") from None


def judged(sent, answered):
    """Return the statuses of the answers; assert that each is one that the document names."""
    told = f"sent {sent!r}, answered {answered[:2_000]!r}"
    assert answered or b"\r\n\r\n" not in sent, f"no answer: {told}"
    statuses, rest = [], answered
    while rest:
        status, headers, content, rest = first_answer(rest, told, may_be_bare=b"HEAD" in sent)
        if status == 100:
            continue
        assert status < 500, told
        assert headers[b"Content-Type"] == b"application/json", told
        assert REQUEST_ID.fullmatch(headers[b"X-Request-ID"]), told
        named = content is None or is_named(sent, status, json.loads(content), is_first=not statuses)
        assert named, told
        statuses.append(status)
    return statuses


def first_answer(answered, told, *, may_be_bare):
    """Return (status, headers, content, what follows); an answer to HEAD is bare, and then the content is None."""
    head, blank, rest = answered.partition(b"\r\n\r\n")
    line, *lines = head.split(b"\r\n")
    said, fields = STATUS.fullmatch(line), [FIELD.fullmatch(line) for line in lines]
    assert all([blank, said, *fields]), told
    status, headers = int(said[1]), dict(field.groups() for field in fields)
    if status == 100 or (may_be_bare and rest[:7] in (b"", b"HTTP/1.")):
        return status, headers, None, rest
    if b"Transfer-Encoding" in headers:
        return status, headers, *unchunked(rest, told)
    length = int(headers.get(b"Content-Length", len(rest) if headers[b"Connection"] == b"close" else -1))
    assert 0 <= length <= len(rest), told
    return status, headers, rest[:length], rest[length:]


def unchunked(rest, told):
    content, size = b"", None
    while size != 0:
        line, _, rest = rest.partition(b"\r\n")
        size = int(line, 16)
        assert rest[size : size + 2] == b"\r\n", told
        content, rest = content + rest[:size], rest[size + 2 :]
    return content, rest


def is_named(sent, status, body, *, is_first):
    """Whether the document names such an answer: to the request, or to some request where it is not clear to which."""
    if status in GENERAL and REFUSAL.is_valid(body):
        return True
    line = REQUEST_LINE.match(sent) if is_first else None
    return any(
        status in bodies and bodies[status].is_valid(body)
        for method, path, bodies in OPERATIONS
        if line is None or (line[1] == method.encode() and path.fullmatch(unquote_to_bytes(line[2]).decode("latin-1")))
    )

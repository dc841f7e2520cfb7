"""A write that its client names is done once, however often the client sends it (IETF, Idempotency-Key header).

The answer is kept for a day in the transaction of the effect: who dies at any point leaves both or neither. What the
store could not do, 500 and 503, is not kept and may be tried again.
"""

import hashlib
import re
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from sweets_store.errors import DomainError
from sweets_store.instants import instant_to_column
from sweets_store.models import KeptAnswer
from sweets_store.retries import retried

HEADER, REPLAYED = "Idempotency-Key", "Idempotency-Replayed"
KEPT = timedelta(hours=24)
OPEN = ""  # the scope of all keys where the API asks for no token
_KEY = re.compile(r'"([\x20\x21\x23-\x5b\x5d-\x7e]{1,255})"|([\x21\x23-\x5b\x5d-\x7e]{1,255})')


class BadKey(DomainError):
    code = "bad_idempotency_key"
    message = (
        "Idempotency-Key must be 1 to 255 printable ASCII characters, in quotes or without; none is a quote or a \\."
    )


class KeyReused(DomainError):
    """Another request has been answered under the key."""

    code = "idempotency_key_reused"
    message = "This Idempotency-Key came with another request before: send each request with a key of its own."


def key_of(request: HttpRequest) -> str:
    """The key that the client gives the request. Raises BadKey."""
    match = _KEY.fullmatch(request.headers[HEADER].strip())
    if match is None:
        raise BadKey
    return match[1] or match[2]


def answered_once(request: HttpRequest, answer: Callable[[], HttpResponse], *, scope: str) -> HttpResponse:
    """Return the first answer to the request, which `answer` makes, raising what is no answer for good.

    A request that comes while the first one is being answered waits for it, as for any lock. Raises BadKey, KeyReused
    and RequestDataTooBig.
    """
    key = key_of(request)
    content_type = request.headers.get("Content-Type", "")
    told = f"{request.method}\n{request.get_full_path()}\n{content_type}\n".encode()
    return _once(scope, key, hashlib.sha256(told + request.body).hexdigest(), answer)


@retried
@transaction.atomic
def _once(scope: str, key: str, digest: str, answer: Callable[[], HttpResponse]) -> HttpResponse:
    asked = {"scope": scope, "key": key}
    if not _claim(**asked, digest=digest, now=timezone.now()):
        kept = KeptAnswer.objects.get(**asked)
        if kept.digest != digest:
            raise KeyReused
        return HttpResponse(kept.body, "application/json", kept.status, headers={REPLAYED: "true"})
    response = answer()
    KeptAnswer.objects.filter(**asked).update(status=response.status_code, body=response.content.decode())
    return response


def _claim(*, scope: str, key: str, digest: str, now: datetime) -> bool:
    """Whether the key was free, and is the request's now. Waits for another one that is being answered under it."""
    expired = instant_to_column(now - KEPT)
    with connection.cursor() as cursor:
        cursor.execute(_FORGET[connection.vendor], [expired])
        cursor.execute(_CLAIM, [scope, key, digest, instant_to_column(now), expired])
        return bool(cursor.rowcount == 1)


_CLAIM = """
    INSERT INTO kept_answers (scope, key, digest, at, body) VALUES (%s, %s, %s, %s, '')
    ON CONFLICT (scope, key) DO UPDATE SET digest = excluded.digest, at = excluded.at, status = NULL, body = ''
    WHERE kept_answers.at <= %s
"""
_SOME_EXPIRED = "SELECT id FROM kept_answers WHERE at <= %s ORDER BY at LIMIT 100"
_FORGET = {
    "postgresql": f"DELETE FROM kept_answers WHERE id IN ({_SOME_EXPIRED} FOR UPDATE SKIP LOCKED)",  # noqa: S608
    "sqlite": f"DELETE FROM kept_answers WHERE id IN ({_SOME_EXPIRED})",  # noqa: S608
}

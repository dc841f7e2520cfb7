"""Who acts, and by which door he came in: what the record says of each change.

A door says it once for all that is done in its thread, and in what it starts with a copy of its context, until the next
one does.
"""

import getpass
import logging
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import NamedTuple


class Acting(NamedTuple):
    """`door` is api, admin or the name of a command; `actor` a user or a token, empty where nobody said who he is.

    `at` is the time that it is for him, if it is not the clock's.
    """

    door: str
    actor: str = ""
    request_id: str = ""
    at: datetime | None = None


_NO_DOOR = Acting("python")
_acting: ContextVar[Acting] = ContextVar("acting", default=_NO_DOOR)


_REQUEST_ID = re.compile("[A-Za-z0-9_.:/+=-]{1,64}")


def request_id_of(sent: str) -> str:
    """What the sender of a request calls it by `X-Request-ID`, or else a new name."""
    return sent if _REQUEST_ID.fullmatch(sent) else uuid.uuid4().hex


def acting() -> Acting:
    return _acting.get()


def now_acts(door: str, *, request_id: str) -> None:
    _acting.set(Acting(door, request_id=request_id))


def is_known_as(actor: str) -> None:
    """Whoever came in by the door has said who he is."""
    _acting.set(_acting.get()._replace(actor=actor))


@contextmanager
def command_acts(command: str, *, at: datetime | None = None) -> Iterator[None]:
    """A management command does what is done inside, for the user of the operating system who runs it."""
    token = _acting.set(Acting(command, _system_user(), at=at))
    try:
        yield
    finally:
        _acting.reset(token)


def _system_user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # in a container a user may have a number alone
        return ""


class TellsWhoActs(logging.Filter):
    """Gives a line of the log the request's id, by which the record, the client and whoever reads the log agree."""

    def filter(self, record: logging.LogRecord) -> bool:
        request_id = acting().request_id
        record.by = f" [request {request_id}]" if request_id else ""
        return True

"""Request bodies between the server and Django: chunked ones counted, bad lengths refused, none left unread."""

import io
import json
from collections import deque
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

from django.conf import settings

from sweets_store.acting import request_id_of
from sweets_store.api import TOO_LARGE
from sweets_store.errors import refusal

PIECE = 64 * 1024
# A client that sends more than this after its answer is cut off.
MAX_READ_AWAY = 512 * 1024 * 1024

CUT_SHORT = refusal("broken_body", "The body ends before it is whole.")

Environ = dict[str, Any]
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]


class Body(io.RawIOBase):
    """A body that holds only what is not read yet."""

    def __init__(self, pieces: deque[bytes]) -> None:
        self._pieces = pieces

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._pieces:
            return 0
        piece = self._pieces.popleft()
        size = min(len(piece), len(buffer))
        buffer[:size] = piece[:size]
        if size < len(piece):
            self._pieces.appendleft(piece[size:])
        return size


class BodyGuard:
    """Hands Django a body of known length, or answers itself: 413 if it is over the limit, 400 if it is cut short.

    Django reads no body without a Content-Length, so a chunked one would reach it empty; and a server that answers and
    closes before the body is read cuts off the client, who then never sees the answer: the rest is read away first.
    """

    def __init__(self, application: Application) -> None:
        self.application = application

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        stream = environ["wsgi.input"]
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        chunked = "chunked" in environ.get("HTTP_TRANSFER_ENCODING", "").lower()
        told = None if chunked else int(environ.get("CONTENT_LENGTH") or 0)
        if told == 0:
            return self.application(environ, start_response)

        try:
            pieces = self._pieces(stream, limit) if told is None or told <= limit else None
            if pieces is None:
                self._read_away(stream)
                return self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, TOO_LARGE, environ, start_response)
        except OSError:  # a client who may still listen has ended its body before the last chunk
            return self._refuse(HTTPStatus.BAD_REQUEST, CUT_SHORT, environ, start_response)
        length = sum(map(len, pieces))
        if told is not None and length < told:  # perhaps whole JSON, and yet not all that was to come
            return self._refuse(HTTPStatus.BAD_REQUEST, CUT_SHORT, environ, start_response)
        environ["CONTENT_LENGTH"] = str(length)
        environ["wsgi.input"] = io.BufferedReader(Body(pieces), PIECE)
        return self.application(environ, start_response)

    @staticmethod
    def _pieces(stream: Any, limit: int) -> deque[bytes] | None:
        """Read the body; None if it is over the limit, and then there may be more of it."""
        pieces: deque[bytes] = deque()
        while piece := stream.read(PIECE):
            pieces.append(piece)
            limit -= len(piece)
            if limit < 0:
                return None
        return pieces

    @staticmethod
    def _read_away(stream: Any) -> None:
        left = MAX_READ_AWAY
        while left > 0 and (piece := stream.read(PIECE)):
            left -= len(piece)

    @staticmethod
    def _refuse(
        status: HTTPStatus, body: dict[str, str], environ: Environ, start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        answer = json.dumps(body).encode()
        headers = [
            ("Content-Type", "application/json"),
            ("Content-Length", str(len(answer))),
            ("X-Request-ID", request_id_of(environ.get("HTTP_X_REQUEST_ID", ""))),
        ]
        start_response(f"{status.value} {status.phrase}", headers)
        return [answer]

"""The gunicorn worker: its refusals of what is no HTTP are JSON like every other answer of the API, and no client has a
thread of it for himself.
"""

import errno
import gc
import json
import signal
import socket
import time
from collections import deque
from functools import partial
from http import HTTPStatus
from selectors import EVENT_READ
from typing import Any

from django.conf import settings
from gunicorn import util
from gunicorn.http.errors import ExpectationFailed, LimitRequestHeaders, LimitRequestLine, ParseException
from gunicorn.workers.gthread import ThreadWorker

from sweets_store.acting import request_id_of
from sweets_store.errors import refusal

SLOWEST = 64 * 1024  # bytes a second
LINGER = 2.0  # seconds in which a client may read his last answer
PATIENCE = 1.0  # seconds in which a client may begin to send, however many others wait


class TooSlow(ParseException):
    def __str__(self) -> str:
        return "it did not arrive in time"


TOO_LATE = refusal("request_timeout", "The request did not arrive in time. Send it again, all at once.")
_STATUSES = {
    TooSlow: HTTPStatus.REQUEST_TIMEOUT,
    LimitRequestLine: HTTPStatus.REQUEST_URI_TOO_LONG,
    LimitRequestHeaders: HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    ExpectationFailed: HTTPStatus.EXPECTATION_FAILED,
}


class ClientSocket(socket.socket):
    """A thread waits for its client REQUEST_SECONDS at most, and a second more for each SLOWEST bytes that come or are
    to go; for one who takes nothing of his answer REQUEST_SECONDS in any case, and for a request four times as long at
    the very most. What others set by `settimeout` does not count.
    """

    _until = _latest = 0.0

    def expect_request(self) -> None:
        self._until = time.monotonic() + settings.REQUEST_SECONDS
        self._latest = self._until + 3 * settings.REQUEST_SECONDS

    def recv(self, bufsize: int, flags: int = 0, /) -> bytes:
        try:
            self._wait_no_longer()
            piece = super().recv(bufsize, flags)
        except TimeoutError:
            raise TooSlow from None
        self._until = min(self._until + len(piece) / SLOWEST, self._latest)
        return piece

    def sendall(self, data: Any, flags: int = 0, /) -> None:
        rest = memoryview(data)
        self._until = time.monotonic() + settings.REQUEST_SECONDS + len(rest) / SLOWEST
        try:
            while rest:
                self._wait_no_longer()
                rest = rest[super().send(rest, flags) :]
        except TimeoutError:
            raise BrokenPipeError(errno.EPIPE, "the client does not take its answer") from None

    def sendfile(self, *file: Any, **part: Any) -> int:
        try:
            return super().sendfile(*file, **part)
        except TimeoutError:
            raise BrokenPipeError(errno.EPIPE, "the client does not take its answer") from None

    def _wait_no_longer(self) -> None:
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self.settimeout(min(left, settings.REQUEST_SECONDS))


class Worker(ThreadWorker):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._leaving: deque[Any] = deque()

    def init_signals(self) -> None:
        """Leave Ctrl-C, which a terminal sends to every process, to the master.

        It tells the workers by SIGQUIT, and gunicorn's handler deadlocks when that interrupts the one of SIGINT.
        """
        super().init_signals()
        signal.signal(signal.SIGINT, signal.SIG_IGN)

    def load_wsgi(self) -> None:
        """What is loaded by now stays for good: the collector need not look through it at every large answer."""
        super().load_wsgi()
        gc.collect()
        gc.freeze()

    def enqueue_req(self, conn: Any) -> None:
        """Give a connection to a thread once there is something to read: gunicorn lets the thread wait for that."""
        if conn.initialized or conn.data_ready:
            super().enqueue_req(conn)
            return
        conn.sock = ClientSocket(fileno=conn.sock.detach())
        conn.sock.setblocking(False)
        conn.timeout = time.monotonic() + settings.REQUEST_SECONDS
        self.pending_conns.append(conn)
        self.poller.register(conn.sock, EVENT_READ, partial(self.on_pending_socket_readable, conn))

    def handle(self, conn: Any) -> Any:
        conn.sock.expect_request()
        return super().handle(conn)

    def finish_request(self, conn: Any, fs: Any) -> None:
        """Let a client read his last answer to its end, though not at the others' cost: gunicorn would wait here until
        he closes, in the thread on which all of them wait.
        """
        if fs.cancelled() or fs.exception() is not None or fs.result():
            super().finish_request(conn, fs)
            return
        conn.timeout = time.monotonic() + LINGER
        try:
            conn.sock.setblocking(False)
            conn.sock.shutdown(socket.SHUT_WR)
            self.poller.register(conn.sock, EVENT_READ, partial(self._read_away, conn))
        except (OSError, ValueError):
            self.nr_conns -= 1
            conn.close()
        else:
            self._leaving.append(conn)

    def _read_away(self, conn: Any, client: ClientSocket) -> None:
        """Read what he still sends: a connection that is closed before is reset, and the answer may be lost."""
        try:
            if socket.socket.recv(client, 65536):
                return
        except BlockingIOError:
            return
        except OSError:
            pass
        self._leaving.remove(conn)
        self._let_go(conn)

    def _let_go(self, conn: Any) -> None:
        self.poller.unregister(conn.sock)
        self.nr_conns -= 1
        conn.close()

    def murder_pending(self) -> None:
        """Who has sent nothing yet is waited for no longer once the worker stops; where it is full, the longest silent
        makes room, unless he has only just come: then newcomers wait to be accepted, and lose nothing by it.
        """
        super().murder_pending()
        while self._leaving and self._leaving[0].timeout <= time.monotonic():
            self._let_go(self._leaving.popleft())
        while self.pending_conns and (not self.alive or self._must_make_room(self.pending_conns[0])):
            self._let_go(self.pending_conns.popleft())

    def _must_make_room(self, conn: Any) -> bool:
        if self.nr_conns < self.worker_connections:
            return False
        has_had = settings.REQUEST_SECONDS - (conn.timeout - time.monotonic())
        return has_had >= PATIENCE and not self._has_sent(conn.sock)

    @staticmethod
    def _has_sent(client: ClientSocket) -> bool:
        """Since the last look at all of them: to close would reset the connection, and lose the request."""
        try:
            return bool(socket.socket.recv(client, 1, socket.MSG_PEEK))
        except OSError:
            return False

    def is_parent_alive(self) -> bool:
        """Without its master a worker stops as by SIGTERM, or kept connections would hold it for half a minute."""
        is_alive = bool(super().is_parent_alive())
        self.alive = self.alive and is_alive
        return is_alive

    def set_accept_enabled(self, enabled: bool | None) -> None:
        """Who stops lets go of the port before he answers what he has begun, so that a new master can have it."""
        super().set_accept_enabled(enabled)
        if not enabled and not self.alive:
            for listener in self.sockets:
                listener.close()

    def handle_error(self, req: Any, client: Any, addr: Any, exc: BaseException) -> None:
        """Answer a request that never reached Django, and let the connection close."""
        request_id = request_id_of("")
        if isinstance(exc, ParseException):
            status = _STATUSES.get(type(exc), HTTPStatus.BAD_REQUEST)
            body = refusal("bad_request", f"This is not HTTP that the store reads ({type(exc).__name__}).")
            if isinstance(exc, TooSlow):
                body = TOO_LATE
            self.log.warning("Refused a request from %s: %s [request %s]", addr, exc, request_id)
        else:
            status = HTTPStatus.INTERNAL_SERVER_ERROR
            body = refusal("internal_error", "The store failed. The operator finds the reason in the log.")
            self.log.exception("A request failed outside Django [request %s]", request_id)
        answer = json.dumps(body)
        head = (
            f"HTTP/1.1 {status.value} {status.phrase}\r\n"
            f"Connection: close\r\nContent-Type: application/json\r\nContent-Length: {len(answer)}\r\n"
            f"X-Request-ID: {request_id}\r\n\r\n"
        )
        try:
            util.write_nonblock(client, (head + answer).encode("latin-1"))
        except OSError:
            self.log.debug("The client was gone before it was refused.")

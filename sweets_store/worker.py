"""The gunicorn worker: its refusals of what is no HTTP are JSON like every other answer of the API."""

import gc
import json
import signal
from http import HTTPStatus
from typing import Any

from gunicorn import util
from gunicorn.http.errors import ExpectationFailed, LimitRequestHeaders, LimitRequestLine, ParseException
from gunicorn.workers.gthread import ThreadWorker

from sweets_store.errors import refusal

_STATUSES = {
    LimitRequestLine: HTTPStatus.REQUEST_URI_TOO_LONG,
    LimitRequestHeaders: HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    ExpectationFailed: HTTPStatus.EXPECTATION_FAILED,
}


class Worker(ThreadWorker):
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

    def handle_error(self, req: Any, client: Any, addr: Any, exc: BaseException) -> None:
        """Answer a request that never reached Django, and let the connection close."""
        if isinstance(exc, ParseException):
            status = _STATUSES.get(type(exc), HTTPStatus.BAD_REQUEST)
            body = refusal("bad_request", f"This is not HTTP that the store reads ({type(exc).__name__}).")
            self.log.warning("Refused a request from %s: %s", addr, exc)
        else:
            status = HTTPStatus.INTERNAL_SERVER_ERROR
            body = refusal("internal_error", "The store failed. The operator finds the reason in the log.")
            self.log.exception("A request failed outside Django")
        answer = json.dumps(body)
        head = (
            f"HTTP/1.1 {status.value} {status.phrase}\r\n"
            f"Connection: close\r\nContent-Type: application/json\r\nContent-Length: {len(answer)}\r\n\r\n"
        )
        try:
            util.write_nonblock(client, (head + answer).encode("latin-1"))
        except OSError:
            self.log.debug("The client was gone before it was refused.")

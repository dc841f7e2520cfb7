"""Many keep-alive connections at once: how many requests a second a server answers.

One process serves its connections by a selector and reads of an answer no more than it must, so that the client takes
little of the machine from the server.
"""

import re
import selectors
import socket
import time
from collections.abc import Callable, Generator
from functools import partial
from multiprocessing import get_context
from typing import NamedTuple
from urllib.parse import urlsplit

PROCESSES = 2


class Request(NamedTuple):
    method: str
    path: str
    body: bytes = b""


Script = Generator[Request, None, None]
"""What one connection sends, each request after the answer to the one before."""

_SUCCESS = re.compile(rb"HTTP/1\.[01] 2")
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_CLOSE = re.compile(rb"\r\nconnection: *close", re.IGNORECASE)


def get_again_and_again(path: str, number: int) -> Script:
    """A script for any connection: the same GET without end."""
    while True:
        yield Request("GET", path)


def rate(url: str, script: Callable[[int], Script], *, connections: int, seconds: float) -> float:
    """Requests answered a second, while every connection sends the script that is made for its number."""
    measure = partial(process_rate, url, script, connections, seconds)
    with get_context("fork").Pool(PROCESSES) as pool:
        return sum(pool.map(measure, range(PROCESSES), chunksize=1))


def process_rate(url: str, script: Callable[[int], Script], connections: int, seconds: float, process: int) -> float:
    address = urlsplit(url)
    answered = 0
    with selectors.DefaultSelector() as selector:
        opened = [
            Connection((address.hostname or "", address.port or 80), script(number), selector)
            for number in range(process, connections, PROCESSES)
        ]
        started = time.perf_counter()
        while (passed := time.perf_counter() - started) < seconds:
            for key, _ in selector.select(timeout=1):
                answered += key.data.went_on()
        for connection in opened:
            connection.close()
    return answered / passed


class Connection:
    def __init__(self, address: tuple[str, int], script: Script, selector: selectors.BaseSelector) -> None:
        self._address = address
        self._script = script
        self._selector = selector
        self._open()
        self._send_next()

    def _open(self) -> None:
        self._socket = socket.create_connection(self._address, timeout=60)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._selector.register(self._socket, selectors.EVENT_READ, self)

    def close(self) -> None:
        self._selector.unregister(self._socket)
        self._socket.close()

    def _send_next(self) -> None:
        method, path, body = next(self._script)
        host, port = self._address
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: {host}:{port}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        self._received = b""
        self._socket.sendall(head.encode() + body)

    def went_on(self) -> bool:
        """Take what has arrived; if that makes an answer whole, send the next request and return True.

        Raises RuntimeError at an answer that is no success, or none.
        """
        arrived = self._socket.recv(65_536)
        self._received += arrived
        head, end, body = self._received.partition(b"\r\n\r\n")
        if not arrived or (end and not _SUCCESS.match(head)):
            raise RuntimeError(f"{self._address} answered {self._received!r}")
        length = _LENGTH.search(head)
        whole = len(body) == int(length[1]) if length else body.endswith(b"0\r\n\r\n")
        if not end or not whole:
            return False
        if _CLOSE.search(head):
            self.close()
            self._open()
        self._send_next()
        return True

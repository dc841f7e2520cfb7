import json
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from benchmarks.stores import foreign_store


@pytest.fixture
def modest_server():
    """A server that takes a thousand orders at once, and keeps how many came with each request that it took."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        taken = []

        def do_POST(self):
            orders = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["data"]
            status = 201 if len(orders) <= 1_000 else 413
            if status == 201:
                self.taken.append(len(orders))
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *arguments):
            """Nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever).start()
        yield Handler.taken, f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_batches_become_as_small_as_the_server_takes_them(modest_server):
    taken, url = modest_server
    store = foreign_store(url)

    store.import_orders({"order_id": order_id} for order_id in store.new_ids(2_500))

    store.client.close()
    assert taken == [1_000, 1_000, 500]

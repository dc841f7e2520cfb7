"""A configuration of gunicorn that breaks the store: orders are acknowledged first and committed a moment later."""

import io
import json
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

LATER = 0.05  # seconds


def post_worker_init(worker):
    application, committing = worker.wsgi, ThreadPoolExecutor(1)

    def commit(environ):
        time.sleep(LATER)
        with closing(application(environ, lambda *head: None)) as answer:
            b"".join(answer)

    def acknowledge(environ, start_response):
        if (environ["REQUEST_METHOD"], environ["PATH_INFO"]) != ("POST", "/orders"):
            return application(environ, start_response)
        body = environ["wsgi.input"].read()
        committing.submit(commit, environ | {"wsgi.input": io.BytesIO(body)})
        start_response("201 Created", [("Content-Type", "application/json")])
        return [json.dumps({"orders": [{"id": order["order_id"]} for order in json.loads(body)["data"]]}).encode()]

    worker.wsgi = acknowledge

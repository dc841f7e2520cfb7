"""What files in and out of the admin cost the worker in memory: under 100 MB, at 100,000 rows."""

import http.cookiejar
import json
import os
import re
import urllib.parse
import urllib.request
from pathlib import Path

import pytest

from orders.serializers import OrderSerializer
from sweets_store.imports.writing import written
from sweets_store.tests.serving import manage, served_store
from sweets_store.tests.test_import_memory import kilobytes

NAMES = list(OrderSerializer.declared())
ROWS = 100_000


@pytest.fixture(scope="module")
def worker_store(tmp_path_factory):
    folder = tmp_path_factory.mktemp("store")
    with served_store(folder, f"admin_memory_{os.getpid()}", WORKERS="1") as store:
        user = {f"DJANGO_SUPERUSER_{name}": "dispatcher@example.com" for name in ("USERNAME", "EMAIL", "PASSWORD")}
        assert manage("createsuperuser", "--noinput", environment=store.environment | user).returncode == 0
        yield store


class Browser:
    def __init__(self, store):
        self.url = store.url
        self.cookies = http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies))
        self.open("/admin/login/")
        who = {"username": "dispatcher@example.com", "password": "dispatcher@example.com"}
        self.open("/admin/login/", urllib.parse.urlencode(who).encode(), "application/x-www-form-urlencoded")

    def open(self, path, body=None, content_type="application/octet-stream"):
        """Send the request and return the answer in pieces."""
        token = next((cookie.value for cookie in self.cookies if cookie.name == "csrftoken"), "")
        headers = {"X-CSRFToken": token, "Content-Type": content_type, "Referer": self.url}
        with self.opener.open(urllib.request.Request(self.url + path, body, headers), timeout=120) as answer:
            return answer.read()


def worker_of(store):
    children = Path(f"/proc/{store.process.pid}/task/{store.process.pid}/children").read_text().split()
    return children[0]


def orders(windows):
    """Of every ten one is bad; all have hours of their own."""
    hours = [f"{hour:02}:00-{hour:02}:30" for hour in range(windows)]
    for number in range(ROWS):
        weight = 99 if number % 10 == 0 else 1
        own = [f"{number // 60 % 20:02}:{number % 60:02}-23:{number % 59:02}", *hours]
        yield {"order_id": 1 + number, "weight": weight, "region": 1, "delivery_hours": own}


@pytest.mark.once
def test_files_of_100_000_rows_take_less_than_100_megabytes(worker_store):
    browser = Browser(worker_store)
    run = "/admin/orders/order/import/run/?mode=%s&name=o.%s"
    browser.open(run % ("check", "csv"), b"order_id\n")
    worker = worker_of(worker_store)
    idle = kilobytes(worker, "VmRSS")

    for file_format, mode in (("csv", "good"), ("xlsx", "check")):
        content = b"".join(written(orders(8), NAMES, file_format))
        result = json.loads(browser.open(run % (mode, file_format), content).splitlines()[-1])["result"]
        assert (result["taken"] + result["already_there"], result["refused"]) == (ROWS * 9 // 10, ROWS // 10)
    for file_format in ("csv", "xlsx"):
        assert len(browser.open(f"/admin/orders/order/export/{file_format}/")) > 1_000_000

    assert kilobytes(worker, "VmHWM") - idle < 100_000
    assert re.search("error", worker_store.said(), re.IGNORECASE) is None

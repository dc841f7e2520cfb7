"""Claim: a dispatcher's pages are there at once, however large the store."""

import re
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from functools import partial
from http.client import HTTPConnection
from urllib.parse import quote, urlencode, urlsplit

from benchmarks.client import in_turn
from benchmarks.data import UNIFORM, drawn_couriers, drawn_orders, plain_courier, plain_order
from benchmarks.effort import Effort
from benchmarks.report import Figure, compared, milliseconds
from benchmarks.stores import PROJECT, OwnStore, Store, Target

CLAIM = "pages"
BOARD_GOAL = 150.0
USER, PASSWORD = "benchmark", "bonbon-und-praline"  # of a store that lives for the measurement
DELIVERED_AGO = timedelta(days=40)


class Browser:
    """A dispatcher's, logged in."""

    def __init__(self, store: OwnStore) -> None:
        command = [sys.executable, "manage.py", "createsuperuser", "--noinput", f"--username={USER}", "--email="]
        environment = {**store.environment, "DJANGO_SUPERUSER_PASSWORD": PASSWORD}
        subprocess.run(command, cwd=PROJECT, env=environment, check=True, stdout=subprocess.DEVNULL)
        self._address = urlsplit(store.url).netloc
        self._cookies: dict[str, str] = {}
        _, form = self._asked("GET", "/admin/login/")
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', form)
        if token is None:
            raise RuntimeError(f"{store.url} has no login")
        self._asked("POST", "/admin/login/", {"csrfmiddlewaretoken": token[1], "username": USER, "password": PASSWORD})
        if "sessionid" not in self._cookies:
            raise RuntimeError(f"{store.url} does not let {USER} in")

    def seconds(self, path: str) -> float:
        """How long the page takes. Raises RuntimeError where it is none."""
        seconds, _ = self._asked("GET", path)
        return seconds

    def _asked(self, method: str, path: str, form: dict[str, str] | None = None) -> tuple[float, str]:
        connection = HTTPConnection(self._address, timeout=900)
        sent = {"Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items())}
        if form:
            sent |= {"Content-Type": "application/x-www-form-urlencoded"}
        connection.connect()
        started = time.perf_counter()
        connection.request(method, path, urlencode(form) if form else None, sent)
        response = connection.getresponse()
        text = response.read().decode()
        seconds = time.perf_counter() - started
        for cookie in response.headers.get_all("Set-Cookie") or []:
            name, _, value = cookie.partition(";")[0].partition("=")
            self._cookies[name] = value
        connection.close()
        if response.status not in (200, 302):
            raise RuntimeError(f"{method} {path} answered {response.status}: {text[:300]!r}")
        return seconds, text


class Shop:
    """A store with so many couriers, every fifth of them carrying, so many open orders and so many delivered."""

    def __init__(self, store: OwnStore, effort: Effort, regions_in_all: int) -> None:
        self.store = store
        regions = store.new_ids(regions_in_all)
        couriers = store.new_ids(effort.shop_couriers)
        self._deliver(effort.shop_delivered)
        store.hire(drawn_couriers(UNIFORM, couriers, regions))
        open_orders = store.new_ids(effort.shop_open)
        store.import_orders(drawn_orders(UNIFORM, open_orders, regions))
        self.carrier = 0
        for courier_id in couriers[::5]:
            taken = store.client.post("/orders/assign", {"courier_id": courier_id}).body["orders"]
            if taken:
                self.carrier = courier_id
                self._complete(courier_id, taken[0]["id"], datetime.now(UTC))
        store.database.settle()
        self.order, self.region = open_orders[-1], regions[0]

    def _deliver(self, count: int) -> None:
        """Everything that was delivered in the past, by one courier."""
        [courier_id, region, order_id] = self.store.new_ids(3)
        self.store.hire([plain_courier(courier_id, region)])
        self.store.import_orders([plain_order(order_id, region)])
        self.store.client.post("/orders/assign", {"courier_id": courier_id})
        self._complete(courier_id, order_id, datetime.now(UTC) - DELIVERED_AGO)
        self.store.database.add_delivered(order_id, count)

    def _complete(self, courier_id: int, order_id: int, at: datetime) -> None:
        sent = {"courier_id": courier_id, "order_id": order_id, "complete_time": at.isoformat()}
        self.store.client.post("/orders/complete", sent)

    def pages(self) -> dict[str, str]:
        return {
            "the board": "/admin/",
            "the list of orders": "/admin/orders/order/",
            "the orders of a region": f"/admin/orders/order/?q={quote(f'region {self.region}')}",
            "an order": f"/admin/orders/order/{self.order}/change/",
            "why an order is no courier's": f"/admin/orders/order/{self.order}/why/",
            "the list of couriers": "/admin/couriers/courier/",
            "a courier who carries": f"/admin/couriers/courier/{self.carrier}/change/",
            "a day of 50 couriers": "/admin/day/",
            "the pay slips of this month": "/admin/pay/",
        }


def measure(targets: Sequence[Target], effort: Effort) -> Iterator[Figure]:
    for regions in effort.shop_regions:
        with ExitStack() as stack:
            stores: list[Store] = [stack.enter_context(target.opened()) for target in targets]
            shops = [Shop(store, effort, regions) for store in stores if isinstance(store, OwnStore)]
            browsers = [Browser(shop.store) for shop in shops]
            for name in shops[0].pages() if shops else []:
                calls = [
                    partial(browser.seconds, shop.pages()[name]) for browser, shop in zip(browsers, shops, strict=True)
                ]
                in_turn(calls, effort.page_requests // 3)  # every worker reads its templates
                for shop, seconds in zip(shops, in_turn(calls, effort.page_requests), strict=True):
                    values = milliseconds(seconds)
                    limits = [compared("the goal", values, [BOARD_GOAL], at_most=1)] if name == "the board" else []
                    yield Figure(CLAIM, f"{name}, {regions} regions", shop.store.name, "ms", values, limits)

"""A believable day of a sweets shop, lived through by the services that clients and dispatchers use."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from decimal import Decimal
from heapq import heapify, heappop, heappush
from itertools import product
from random import Random
from typing import NamedTuple

from django.utils import timezone

from bundles.dispatch import move_bundle, release_orders, undo_completion
from bundles.models import Bundle
from bundles.services import assign_orders, change_courier, complete_order
from couriers.models import Courier, CourierType
from couriers.serializers import CourierSerializer
from couriers.services import hire_couriers
from orders.models import Order
from orders.serializers import OrderSerializer
from orders.services import take_orders
from sweets_store.acting import command_acts
from sweets_store.errors import DomainError
from sweets_store.instants import shop_day

COURIERS, REGIONS = 48, 12
ORDERS_AN_HOUR = 170
LONGEST = timedelta(hours=9)
HALF_HOUR, MINUTE = timedelta(minutes=30), timedelta(minutes=1)
# Of five couriers so many; and what an order weighs, the light ones most often.
TYPES = [CourierType.FOOT, CourierType.FOOT, CourierType.FOOT, CourierType.BIKE, CourierType.CAR]
WEIGHTS = ["0.25", "0.4", "0.75", "1", "1.5", "2", "2.4", "3.2", "4.5", "6", "9.5", "13", "24"]
MANY = [9, 10, 10, 9, 8, 7, 5, 5, 4, 3, 2, 1, 1]


class Shift(NamedTuple):
    courier_id: int
    start: datetime
    end: datetime


def live_through_a_day(*, now: datetime, seed: int) -> None:
    """Fill the empty store with the hours of the shop's day up to `now`, of which at most nine are lived through."""
    day = _Day(now=now, random=Random(seed))  # noqa: S311
    day.open()
    day.run()


class _Day:
    """Orders come in every half-hour; each courier takes a bundle, delivers it stop by stop, and asks again."""

    def __init__(self, *, now: datetime, random: Random) -> None:
        self.now = now
        self.random = random
        self.midnight, self.next_midnight = shop_day(timezone.localtime(now).date())
        self.opening = max(self.midnight, now - LONGEST)
        self.orders = 0
        self.carried: dict[int, list[int]] = {}  # by courier, what he has still to deliver
        self.shifts: dict[int, Shift] = {}

    def open(self) -> None:
        with command_acts("demo", at=self.opening):
            hire_couriers(
                couriers=CourierSerializer.checked_import({"data": [self._courier(n) for n in range(1, COURIERS + 1)]})
            )

    def run(self) -> None:
        due: list[tuple[datetime, int, Callable[[datetime], datetime | None]]] = [
            (self.opening, 0, self._orders_come_in),
            *((shift.start, shift.courier_id, self._next_stop(shift)) for shift in self.shifts.values()),
            *((self.now - ago * HALF_HOUR, -number, deed) for number, (ago, deed) in enumerate(self._incidents(), 1)),
        ]
        heapify(due)
        while due and due[0][0] <= self.now:
            time, who, step = heappop(due)
            if time < self.opening:
                continue
            with command_acts("demo", at=time):
                following = step(time)
            if following is not None:
                heappush(due, (following, who, step))

    # What comes in

    def _courier(self, number: int) -> dict[str, object]:
        start = self._within(self.opening + self.random.randrange(9) * HALF_HOUR)
        end = self._within(max(self.now, start) + self.random.randrange(1, 12) * HALF_HOUR)
        if number % 8 == 0:  # some have gone home
            end = self._within(self.now - self.random.randrange(1, 4) * HALF_HOUR)
        self.shifts[number] = Shift(number, start, end)
        home = number % REGIONS + 1
        # Nobody's home is the last region: there work is left over.
        regions = {home if home < REGIONS else 1, *self.random.sample(range(1, REGIONS), 2)}
        if number % 16 == 0:
            regions.add(REGIONS)
        return {
            "courier_id": number,
            "courier_type": TYPES[number % len(TYPES)].value,
            "regions": sorted(regions),
            "working_hours": [self._window(start, end)] if start < end else [],
        }

    def _orders_come_in(self, time: datetime) -> datetime:
        data = [self._order(time) for _ in range(self.random.randrange(ORDERS_AN_HOUR // 3, ORDERS_AN_HOUR * 2 // 3))]
        take_orders(orders=OrderSerializer.checked_import({"data": data}))
        return time + HALF_HOUR

    def _order(self, time: datetime) -> dict[str, object]:
        self.orders += 1
        start = self._within(time + self.random.randrange(4) * HALF_HOUR)
        end = self._within(start + self.random.randrange(3, 9) * HALF_HOUR)
        [weight] = self.random.choices(WEIGHTS, MANY)
        return {
            "order_id": self.orders,
            "weight": Decimal(weight),
            "region": min(self.random.randrange(1, REGIONS + 2), REGIONS),
            "delivery_hours": [self._window(start, end)] if start < end and self.orders % 300 else [],
        }

    # What couriers do

    def _next_stop(self, shift: Shift) -> Callable[[datetime], datetime | None]:
        def step(time: datetime) -> datetime | None:
            carried = self.carried.get(shift.courier_id)
            if carried:
                self._deliver(shift.courier_id, carried.pop(0), time)
            elif time < shift.end:
                taken = assign_orders(courier_id=shift.courier_id, now=time).order_ids
                self.carried[shift.courier_id] = taken
                if not taken:
                    return time + HALF_HOUR / 2
            else:
                return None
            return time + self.random.randrange(5, 19) * MINUTE

        return step

    def _deliver(self, courier_id: int, order_id: int, time: datetime) -> None:
        with suppress(DomainError):  # a dispatcher took it from him meanwhile
            complete_order(courier_id=courier_id, order_id=order_id, complete_time=time)

    # What goes wrong

    def _incidents(self) -> Iterator[tuple[int, Callable[[datetime], None]]]:
        """Each with how many half-hours ago it is."""
        yield 9, self._a_bike_breaks
        yield 6, self._a_bundle_is_moved
        yield 4, self._an_order_is_taken_back
        yield 3, self._a_delivery_was_none
        yield 2, self._a_courier_goes_elsewhere

    def _a_bike_breaks(self, time: datetime) -> None:
        rider = Courier.objects.filter(courier_type=CourierType.BIKE).first()
        if rider is not None:
            change_courier(courier_id=rider.courier_id, changes={"courier_type": CourierType.FOOT.value})

    def _a_courier_goes_elsewhere(self, time: datetime) -> None:
        bundle = self._someones_bundle()
        if bundle is not None:
            change_courier(courier_id=bundle.courier_id, changes={"regions": [REGIONS]})

    def _a_bundle_is_moved(self, time: datetime) -> None:
        bundles = list(Bundle.objects.active())
        idle = Courier.objects.exclude(courier_id__in=[bundle.courier_id for bundle in bundles])
        for bundle, courier in product(bundles, idle):
            with suppress(DomainError):
                self.carried[courier.courier_id] = move_bundle(
                    bundle_id=bundle.pk, courier_id=courier.courier_id, now=time
                ).order_ids
                return

    def _an_order_is_taken_back(self, time: datetime) -> None:
        bundle = self._someones_bundle()
        if bundle is not None:
            order = Order.objects.undelivered().filter(bundle_id=bundle.pk).latest("weight")
            release_orders(bundle_id=bundle.pk, order_ids=[order.order_id])

    def _a_delivery_was_none(self, time: datetime) -> None:
        for order in Order.objects.delivered().order_by("-complete_time")[:20]:
            with suppress(DomainError):
                undone = undo_completion(order_id=order.order_id, now=time, within=HALF_HOUR)
                self.carried.setdefault(undone.before.courier.courier_id, []).append(order.order_id)
                return

    def _someones_bundle(self) -> Bundle | None:
        return Bundle.objects.active().order_by("assign_time").last()

    # Times of the day

    def _within(self, time: datetime) -> datetime:
        return min(max(time, self.midnight), self.next_midnight - MINUTE)

    def _window(self, start: datetime, end: datetime) -> str:
        return f"{timezone.localtime(start):%H:%M}-{timezone.localtime(end):%H:%M}"

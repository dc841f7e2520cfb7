"""`manage.py demo`: fill an empty store with a believable day, to be looked at."""

from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from bundles.management.arguments import instant_argument
from bundles.verification import store_size
from couriers.models import Courier
from dispatchers.demo import live_through_a_day
from orders.models import Order


class Command(BaseCommand):
    help = (
        "Fill an empty store with the last hours of a sweets shop's day, up to now: couriers, orders, bundles,"
        " deliveries, and what went wrong. The same again with the same --now and --seed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--now", type=instant_argument, metavar="INSTANT", help="up to when the day has come")
        parser.add_argument("--seed", type=int, default=1, help="another number makes another day")

    def handle(self, *args: Any, **options: Any) -> None:
        if Courier.objects.exists() or Order.objects.exists():
            raise CommandError("The store is not empty, and the demo would mix with what it holds. Use another one.")
        live_through_a_day(now=options["now"] or timezone.now(), seed=options["seed"])
        size = store_size()
        self.stdout.write(f"{size.couriers} couriers, {size.bundles} bundles, {size.orders} orders")

"""`manage.py assign_orders`: hand couriers their bundles, as POST /orders/assign does."""

from collections.abc import Iterator
from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from bundles.management.arguments import id_argument
from bundles.services import Assignment, assign_orders
from couriers.models import Courier, UnknownCourier
from sweets_store.acting import command_acts
from sweets_store.instants import format_instant

PAGE = 1_000


class Command(BaseCommand):
    help = (
        "Hand each courier the most free orders that he can carry, as one bundle; who has an active bundle keeps it."
        " With -v 0 the orders are counted, not listed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        couriers = parser.add_mutually_exclusive_group(required=True)
        couriers.add_argument("courier_ids", nargs="*", default=[], type=id_argument, metavar="COURIER_ID")
        couriers.add_argument("--all", action="store_true", help="every courier, by ascending id")

    def handle(self, *args: Any, **options: Any) -> None:
        unknown = 0
        for courier_id in all_courier_ids() if options["all"] else options["courier_ids"]:
            try:
                with command_acts("assign_orders"):
                    assignment = assign_orders(courier_id=courier_id, now=timezone.now())
            except UnknownCourier as refusal:
                unknown += 1
                self.stderr.write(f"courier {courier_id}: {refusal}")
            else:
                self.stdout.write(f"courier {courier_id}: {described(assignment, options['verbosity'])}")
        if unknown:
            raise CommandError(f"{unknown} unknown; the others are done.")


def all_courier_ids() -> Iterator[int]:
    """Yield the ids by pages, with no query left open: on SQLite an open one would bar the writes between them."""
    last = 0
    while page := list(Courier.objects.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:PAGE]):
        yield from page
        last = page[-1]


def described(assignment: Assignment, verbosity: int) -> str:
    if assignment.assign_time is None:
        return "nothing fits"
    count = len(assignment.order_ids)
    orders = " ".join(map(str, assignment.order_ids)) if verbosity else f"{count} order{'s' * (count != 1)}"
    return f"{orders} (assigned {format_instant(assignment.assign_time)})"

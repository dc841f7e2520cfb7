"""`manage.py complete_order`: mark an order delivered, as POST /orders/complete does."""

from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from bundles.management.arguments import id_argument, instant_argument
from bundles.services import complete_order
from sweets_store.acting import command_acts
from sweets_store.errors import DomainError
from sweets_store.instants import format_instant


class Command(BaseCommand):
    help = "Mark an order that the courier carries delivered; asked again, the first time stays."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("courier_id", type=id_argument, metavar="COURIER_ID")
        parser.add_argument("order_id", type=id_argument, metavar="ORDER_ID")
        parser.add_argument(
            "--at",
            type=instant_argument,
            metavar="INSTANT",
            help="when it was delivered, such as 2021-01-10T10:33:01.42Z; now if left out",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        courier_id, order_id = options["courier_id"], options["order_id"]
        asked = options["at"] or timezone.now()
        try:
            with command_acts("complete_order"):
                delivered = complete_order(courier_id=courier_id, order_id=order_id, complete_time=asked)
        except DomainError as refusal:
            raise CommandError(str(refusal)) from None
        if delivered == asked:
            self.stdout.write(f"order {order_id}: delivered at {format_instant(delivered)}")
        else:
            self.stdout.write(
                f"order {order_id}: was delivered already, at {format_instant(delivered)}; that time stays"
            )

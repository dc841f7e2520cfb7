"""`manage.py explain_order`: why a courier would or would not get an order, as GET /orders/{order_id}/explain does."""

import json
from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser

from bundles.explanations import explain_order
from bundles.management.arguments import id_argument
from sweets_store.errors import DomainError


class Command(BaseCommand):
    help = "Say whether an assign now would give the courier the order, why not, and what change of him would do."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("order_id", type=id_argument, metavar="ORDER_ID")
        parser.add_argument("courier_id", type=id_argument, metavar="COURIER_ID")

    def handle(self, *args: Any, **options: Any) -> None:
        order_id, courier_id = options["order_id"], options["courier_id"]
        try:
            explanation = explain_order(order_id=order_id, courier_id=courier_id)
        except DomainError as refusal:
            raise CommandError(str(refusal)) from None
        verdict = "would get" if explanation.can_take else "would not get"
        if explanation.can_take and explanation.reasons:
            verdict = "carries"
        self.stdout.write(f"courier {courier_id} {verdict} order {order_id}")
        for reason in explanation.reasons:
            self.stdout.write(f"{reason.code}: {reason.detail}")
            if reason.change:
                self.stdout.write(f"  what would do: PATCH /couriers/{courier_id} {json.dumps(reason.change)}")

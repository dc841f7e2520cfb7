"""`manage.py verify_store`: name every fault in the store's rows."""

from itertools import chain
from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser

from bundles.verification import faults, record_faults, snapshot, store_size, take_stock
from sweets_store.acting import command_acts


class Command(BaseCommand):
    help = (
        "Recompute from the rows what must hold in the store, replay the record, from which every row must follow, and"
        " name every fault, one a line; exit 1 if there is any. The store may go on working meanwhile: all is read as"
        " of one moment."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--accept",
            action="store_true",
            help="first put on record, as it stands, whatever does not follow from the record: for who has corrected"
            " rows with SQL. Writers wait meanwhile",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["accept"]:
            with command_acts("verify_store"):
                self.stdout.write(f"put on record as found: {take_stock()}")
        found = 0
        with snapshot():
            size = store_size()
            for fault in chain(faults(), record_faults()):
                found += 1
                self.stdout.write(str(fault))
        counted = f"{size.couriers} couriers, {size.bundles} bundles, {size.orders} orders"
        if found:
            raise CommandError(f"unsound: {found} fault{'s' * (found != 1)} in {counted}")
        self.stdout.write(f"sound: {counted}")

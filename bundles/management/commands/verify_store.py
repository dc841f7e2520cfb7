"""`manage.py verify_store`: name every fault in the store's rows."""

from typing import Any

from django.core.management import BaseCommand, CommandError

from bundles.verification import faults, snapshot, store_size


class Command(BaseCommand):
    help = (
        "Recompute from the rows what must hold in the store and name every fault, one a line; exit 1 if there is any."
        " The store may go on working meanwhile: all is read as of one moment."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        found = 0
        with snapshot():
            size = store_size()
            for fault in faults():
                found += 1
                self.stdout.write(str(fault))
        counted = f"{size.couriers} couriers, {size.bundles} bundles, {size.orders} orders"
        if found:
            raise CommandError(f"unsound: {found} fault{'s' * (found != 1)} in {counted}")
        self.stdout.write(f"sound: {counted}")

"""`manage.py pay_slips`: what couriers are paid for a period, bundle by bundle."""

from argparse import ArgumentTypeError
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser

from bundles.management.arguments import id_argument
from bundles.pay import PaidBundle, Slip, pay_slips, write_csv
from bundles.services import require_courier
from sweets_store.errors import DomainError
from sweets_store.instants import format_instant, shop_day


def day_argument(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"must be a day such as 2026-01-31, not {text!r}") from None


class Command(BaseCommand):
    help = "Tell what couriers are paid for their bundles of a period; days are the shop's (SHOP_TIME_ZONE)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--from", dest="first", required=True, type=day_argument, metavar="DAY")
        parser.add_argument("--to", dest="last", required=True, type=day_argument, metavar="DAY", help="inclusive")
        parser.add_argument("--courier", type=id_argument, metavar="COURIER_ID", help="only this one")
        parser.add_argument("--csv", metavar="FILE", help="write CSV to the file (-: standard output)")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["first"] > options["last"]:
            raise CommandError("--from must not be after --to.")
        try:
            start, end = shop_day(options["first"])[0], shop_day(options["last"])[1]
        except OverflowError:
            raise CommandError("The days must be of the years 1 to 9999.") from None
        if options["courier"] is not None:
            try:
                require_courier(courier_id=options["courier"])
            except DomainError as refusal:
                raise CommandError(str(refusal)) from None
        # Whole before the file is opened: what stands there is lost then.
        slips = list(pay_slips(start=start, end=end, courier_id=options["courier"]))
        if options["csv"] is None:
            self.tell(slips)
        elif options["csv"] == "-":
            write_csv(slips, self.stdout)
        else:
            try:
                with Path(options["csv"]).open("w", newline="") as file:
                    write_csv(slips, file)
            except OSError as fault:
                raise CommandError(f"{options['csv']} cannot be written: {fault.strerror}.") from None

    def tell(self, slips: Iterable[Slip]) -> None:
        total = 0
        for slip in slips:
            total += slip.pay
            self.stdout.write(f"courier {slip.courier_id}: {slip.pay}")
            for bundle in slip.bundles:
                self.stdout.write(f"  {described(bundle)}")
        self.stdout.write(f"all: {total}")


def described(bundle: PaidBundle) -> str:
    return (
        f"bundle {bundle.bundle_id} ({bundle.courier_type}, {bundle.coefficient}): {bundle.pay}, {bundle.because},"
        f" {bundle.delivered} of {bundle.orders} delivered, {bundle.released} released,"
        f" {format_instant(bundle.counts_at)}"
    )

"""What is kept of a courier's deliveries, his totals and earnings, is what they make."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import chain, groupby
from operator import attrgetter

from bundles.verification.fault import Fault, Faults, shown
from bundles.verification.stored import CourierBooks, DeliveryRow
from bundles.verification.values import good, read_flag, read_id, read_time, read_type

Totals = dict[int, tuple[int, timedelta]]

LAST = "Once no fault of his orders and bundles is left"
# Stated again on purpose: whoever verifies the earnings does not ask the rule that paid them (bundles/rules.py).
PAY = {"foot": 1_000, "bike": 2_500, "car": 4_500}


def books_are_what_his_deliveries_make(books: CourierBooks) -> Faults:
    try:
        totals, earnings = recomputed(books.deliveries)
    except ValueError:  # a bad value, which is named already
        return
    yield from totals_are_what_his_deliveries_make(books, totals)
    yield from earnings_are_what_his_bundles_pay(books, earnings)


def recomputed(deliveries: Iterator[DeliveryRow]) -> tuple[Totals, int]:
    """Return what a courier's deliveries make by region, and what his completed bundles among them pay.

    Raises ValueError where one of their values is bad.
    """
    totals: Totals = {}
    earnings = 0
    for _, rows in groupby(deliveries, key=attrgetter("bundle_id")):
        first = next(rows)
        before = read_time(first.assign_time)
        if read_flag(first.is_completed):
            earnings += PAY[read_type(first.courier_type)]
        for delivery in chain([first], rows):
            region, complete_time = read_id(delivery.region), read_time(delivery.complete_time)
            count, time = totals.get(region, (0, timedelta(0)))
            totals[region] = (count + 1, time + max(complete_time - before, timedelta(0)))
            before = complete_time
    return totals, earnings


def totals_are_what_his_deliveries_make(books: CourierBooks, totals: Totals) -> Faults:
    stored = {total.region: total for total in books.totals if good(read_id, total.region) is not None}
    for region in sorted(totals.keys() | stored.keys()):
        subject = f"courier {books.courier_id} in region {region}"
        if region not in totals:
            yield Fault(
                "needless_total", subject, f"he delivered nothing there. {LAST}, delete the row of delivery_totals."
            )
            continue
        count, time = totals[region]
        made = (count, time // timedelta(seconds=1), time.microseconds)
        told = "deliveries, seconds, microseconds"
        if region not in stored:
            yield Fault("missing_total", subject, f"it has no row in delivery_totals. {LAST}, insert {told} {made}.")
        elif stored[region][2:] != made:
            yield Fault(
                "wrong_total",
                subject,
                f"{told} are {shown(stored[region][2:])}, but his delivered orders make {made}: his rating is wrong."
                f" {LAST}, set them to these.",
            )


def earnings_are_what_his_bundles_pay(books: CourierBooks, earnings: int) -> Faults:
    if books.earnings is not None and books.earnings.earnings != earnings:
        yield Fault(
            "wrong_earnings",
            f"courier {books.courier_id}",
            f"earnings is {shown(books.earnings.earnings)}, but his completed bundles that delivered something pay"
            f" {earnings}. {LAST}, set it to {earnings}.",
        )

"""What must hold of each courier, order, bundle and total."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from operator import itemgetter
from typing import Any

from bundles.verification.books import books_are_what_his_deliveries_make
from bundles.verification.fault import Fault, Faults, shown
from bundles.verification.stored import (
    BundleRow,
    CourierRow,
    OrderRow,
    TotalRow,
    active_bundles,
    books_by_courier,
    bundles_with_orders,
    stored_couriers,
    stored_orders,
    stored_totals,
)
from bundles.verification.values import (
    good,
    or_null,
    read_flag,
    read_hours,
    read_id,
    read_regions,
    read_time,
    read_type,
    read_weight,
)
from couriers.models import CAPACITIES

Readers = dict[str, Callable[[Any], Any]]

COURIER_VALUES: Readers = {
    "courier_id": read_id,
    "courier_type": read_type,
    "regions": read_regions,
    "working_hours": read_hours,
}
ORDER_VALUES: Readers = {
    "order_id": read_id,
    "weight": read_weight,
    "region": read_id,
    "delivery_hours": read_hours,
    "bundle_id": or_null(read_id),
    "complete_time": or_null(read_time),
}
BUNDLE_VALUES: Readers = {
    "bundle_id": read_id,
    "courier_id": read_id,
    "courier_type": read_type,
    "assign_time": read_time,
    "is_completed": read_flag,
}
TOTAL_VALUES: Readers = {"courier_id": read_id, "region": read_id}


@dataclass(slots=True)
class Load:
    """What is in a bundle. Kilograms, exact; a bad weight counts nothing."""

    orders: int = 0
    undelivered: int = 0
    weight: Decimal = Decimal(0)
    undelivered_weight: Decimal = Decimal(0)

    def add(self, order: OrderRow) -> None:
        weight = good(read_weight, order.weight) or Decimal(0)
        self.orders += 1
        self.weight += weight
        if order.complete_time is None:
            self.undelivered += 1
            self.undelivered_weight += weight


def faults() -> Faults:
    """Yield everything that must not be. Called within `snapshot`, so that a store at work does not look corrupt."""
    for courier in stored_couriers():
        yield from values_are_the_contracts(courier, COURIER_VALUES)

    for order in stored_orders():
        yield from values_are_the_contracts(order, ORDER_VALUES)
        yield from mask_is_true_to_the_hours(order)
        yield from complete_time_only_with_a_bundle(order)

    for bundle_id, bundle, orders in bundles_with_orders():
        if bundle is None:
            for order in orders:
                yield bundle_is_missing(order, bundle_id)
            continue
        load = Load()
        for order in orders:
            load.add(order)
            yield from region_fits_the_courier(bundle, order)
            yield from hours_fit_the_courier(bundle, order)
        yield from values_are_the_contracts(bundle, BUNDLE_VALUES)
        yield from courier_is_there(bundle)
        yield from active_while_an_order_is_undelivered(bundle, load)
        yield from completed_once_all_are_delivered(bundle, load)
        yield from within_the_capacity_when_formed(bundle, load)
        yield from within_the_present_capacity(bundle, load)

    for courier_id, rows in groupby(active_bundles(), key=itemgetter(0)):
        yield from one_active_bundle(courier_id, (bundle_id for _, bundle_id in rows))

    for total in stored_totals():
        yield from values_are_the_contracts(total, TOTAL_VALUES)

    for books in books_by_courier():
        yield from books_are_what_his_deliveries_make(books)


def values_are_the_contracts(row: CourierRow | BundleRow | OrderRow | TotalRow, readers: Readers) -> Faults:
    for name, read in readers.items():
        try:
            read(stored := getattr(row, name))
        except ValueError as fault:
            yield Fault("bad_value", str(row), f"{name} is {shown(stored)}; it {fault}. Correct the column.")


def mask_is_true_to_the_hours(order: OrderRow) -> Faults:
    hours = good(read_hours, order.delivery_hours)
    if hours is not None and order.delivery_mask != hours.delivery_mask:
        yield Fault(
            "stale_delivery_mask",
            str(order),
            f"delivery_mask is {shown(order.delivery_mask)}, but its delivery_hours make {hours.delivery_mask}: it is"
            f" offered to the wrong couriers. Set delivery_mask to {hours.delivery_mask}.",
        )


def complete_time_only_with_a_bundle(order: OrderRow) -> Faults:
    if order.complete_time is not None and order.bundle_id is None:
        yield Fault(
            "complete_time_without_bundle",
            str(order),
            f"complete_time is {shown(order.complete_time)}, but it is in no bundle."
            " Set bundle_id to the bundle that delivered it, or complete_time to NULL.",
        )


def bundle_is_missing(order: OrderRow, bundle_id: int) -> Fault:
    return Fault(
        "missing_bundle",
        str(order),
        f"it is in bundle {bundle_id}, which is not there."
        " Restore the bundle, or set bundle_id and complete_time to NULL to free the order.",
    )


def courier_is_there(bundle: BundleRow) -> Faults:
    if bundle.hired_id is None and good(read_id, bundle.courier_id) is not None:
        yield Fault(
            "missing_courier",
            str(bundle),
            f"it is courier {bundle.courier_id!a}'s, who is not there. Hire him again by import_couriers.",
        )


def region_fits_the_courier(bundle: BundleRow, order: OrderRow) -> Faults:
    if not is_carried(bundle, order):
        return
    regions, region = good(read_regions, bundle.regions), good(read_id, order.region)
    if regions is not None and region is not None and region not in regions:
        yield Fault(
            "wrong_region",
            str(order),
            f"it is in region {region}, where courier {bundle.courier_id!a}, who carries it in bundle"
            f" {bundle.bundle_id}, does not work. {released_by_patch(bundle)}",
        )


def hours_fit_the_courier(bundle: BundleRow, order: OrderRow) -> Faults:
    if not is_carried(bundle, order):
        return
    working, delivery = good(read_hours, bundle.working_hours), good(read_hours, order.delivery_hours)
    if working is not None and delivery is not None and not working.minutes & delivery.minutes:
        yield Fault(
            "wrong_hours",
            str(order),
            f"none of its delivery_hours overlaps the working_hours of courier {bundle.courier_id!a}, who carries it in"
            f" bundle {bundle.bundle_id}. {released_by_patch(bundle)}",
        )


def active_while_an_order_is_undelivered(bundle: BundleRow, load: Load) -> Faults:
    if bundle.is_completed == 1 and load.undelivered:
        yield Fault(
            "completed_too_soon",
            str(bundle),
            f"it is completed, but {load.undelivered} of its {load.orders} orders are undelivered. Set bundle_id of"
            " these to NULL to free them, or, if the courier has no active bundle, is_completed to false.",
        )


def completed_once_all_are_delivered(bundle: BundleRow, load: Load) -> Faults:
    if bundle.is_active and not load.undelivered:
        yield Fault(
            "not_completed",
            str(bundle),
            f"it is active, but none of its {load.orders} orders is undelivered. Set is_completed to true.",
        )


def within_the_capacity_when_formed(bundle: BundleRow, load: Load) -> Faults:
    capacity = CAPACITIES.get(bundle.courier_type)
    if capacity is not None and load.weight > capacity:
        yield Fault(
            "over_capacity_when_formed",
            str(bundle),
            f"its {load.orders} orders weigh {load.weight} kg, but {bundle.courier_type}, his type when it was formed,"
            f" carries {capacity} kg. Correct its courier_type or the orders' weight, or set bundle_id of what he never"
            " carried to NULL.",
        )


def within_the_present_capacity(bundle: BundleRow, load: Load) -> Faults:
    capacity = CAPACITIES.get(bundle.present_type)
    if bundle.is_active and capacity is not None and load.undelivered_weight > capacity:
        yield Fault(
            "over_capacity_now",
            str(bundle),
            f"its {load.undelivered} undelivered orders weigh {load.undelivered_weight} kg, but courier"
            f" {bundle.courier_id!a} carries {capacity} kg ({bundle.present_type}). {released_by_patch(bundle)}",
        )


def one_active_bundle(courier_id: Any, bundle_ids: Iterator[int]) -> Faults:
    first = next(bundle_ids)
    for bundle_id in bundle_ids:
        yield Fault(
            "second_active_bundle",
            f"bundle {bundle_id}",
            f"it is active beside bundle {first} of the same courier {courier_id!a}. Deliver the orders of one of them"
            " or set their bundle_id to NULL, then its is_completed to true.",
        )


def is_carried(bundle: BundleRow, order: OrderRow) -> bool:
    return bundle.is_active and order.complete_time is None


def released_by_patch(bundle: BundleRow) -> str:
    return f"PATCH /couriers/{bundle.courier_id!a} with his own courier_type releases what he cannot carry."

"""Undelivered orders leave the bundle that they are in."""

from collections.abc import Mapping, Sequence

from django.db.models import F

from bundles.deliveries import complete_bundle
from bundles.models import Bundle
from orders.arrivals import announce_arrivals
from orders.models import Order
from record.models import What
from record.recording import Happened, record

Why = Mapping[int, Sequence[str]]  # by order id: region, hours, capacity; dispatcher; moved
BY_DISPATCHER, MOVED = ["dispatcher"], ["moved"]


def release(*, courier_id: int, bundle_id: int, why: Why, none_left: bool) -> None:
    """Make the orders free for anyone. Nothing slow may follow in the transaction: arrivals are announced."""
    take_out(courier_id=courier_id, bundle_id=bundle_id, why=why, into=None, none_left=none_left)
    announce_arrivals()


def take_out(*, courier_id: int, bundle_id: int, why: Why, into: Bundle | None, none_left: bool) -> None:
    """Let the orders, undelivered by what was read under lock, leave for another bundle or none.

    `none_left`: they are all that was undelivered, so the bundle is completed; it pays if it delivered something.
    """
    left = Order.objects.undelivered().filter(bundle_id=bundle_id, order_id__among=why).update(bundle=into)
    if left != len(why):
        raise RuntimeError(f"{len(why) - left} of the orders read under lock were not undelivered")
    Bundle.objects.filter(bundle_id=bundle_id).update(released_orders=F("released_orders") + left)
    happened = [
        Happened(What.RELEASED, courier_id, bundle_id, order_id, {"why": reasons}) for order_id, reasons in why.items()
    ]
    if none_left:
        happened.append(complete_bundle(bundle_id))
    record(happened)

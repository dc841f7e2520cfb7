"""Undelivered orders leave the bundle that they are in."""

from collections.abc import Collection

from django.db.models import F

from bundles.deliveries import complete_bundle
from bundles.models import Bundle
from orders.arrivals import announce_arrivals
from orders.models import Order


def release(*, bundle_id: int, order_ids: Collection[int], none_left: bool) -> None:
    """Make the orders free for anyone. Nothing slow may follow in the transaction: arrivals are announced."""
    take_out(bundle_id=bundle_id, order_ids=order_ids, into=None, none_left=none_left)
    announce_arrivals()


def take_out(*, bundle_id: int, order_ids: Collection[int], into: Bundle | None, none_left: bool) -> None:
    """Let the orders, undelivered by what was read under lock, leave for another bundle or none.

    `none_left`: they are all that was undelivered, so the bundle is completed; it pays if it delivered something.
    """
    left = Order.objects.undelivered().filter(bundle_id=bundle_id, order_id__among=order_ids).update(bundle=into)
    if left != len(order_ids):
        raise RuntimeError(f"{len(order_ids) - left} of the orders read under lock were not undelivered")
    Bundle.objects.filter(bundle_id=bundle_id).update(released_orders=F("released_orders") + left)
    if none_left:
        complete_bundle(bundle_id)

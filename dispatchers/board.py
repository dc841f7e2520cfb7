"""The first page: the board, as people read it."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from bundles.board import Board, Closing, RegionLine, board
from bundles.board.coverage import HOURS
from bundles.board.picture import Cell, Line
from bundles.board.reads import ActiveBundle
from sweets_store.admin.values import NOTHING, grouped, kilograms, record_link, search_link
from sweets_store.instants import shop_minute

PERMISSIONS = ("orders.view_order", "couriers.view_courier", "bundles.view_bundle")


def board_context(request: HttpRequest) -> dict[str, Any]:
    """What the template of the board shows now."""
    shown = board(now=timezone.now())
    return {
        "board": shown,
        "open": _totals(shown.regions),
        "hopeless_first": [record_link("orders_order", order_id) for order_id in shown.hopeless_first],
        "mean": NOTHING if shown.today.mean is None else duration(shown.today.mean),
        "hours": HOURS,
        "picture": [_picture_row(line, shown.now.hour) for line in shown.picture],
        "regions": [(region_link(line.region), line, kilograms(line.weight)) for line in shown.regions],
        "closing": [_closing_row(order, shown) for order in shown.closing_first],
        "more_closing": sum((*shown.closing, *shown.closed)) - len(shown.closing_first),
        "bundles": [_bundle_row(bundle, shown) for bundle in shown.oldest_bundles],
        "more_bundles": shown.active_bundles - len(shown.oldest_bundles),
        "earnings": grouped(shown.today.earnings),
        "idle": [record_link("couriers_courier", courier_id) for courier_id in shown.idle_couriers],
        "idle_numbers": ", ".join(map(str, shown.idle_couriers)),
        "may_dispatch": request.user.has_perm("dispatchers.dispatch"),
    }


def _totals(regions: list[RegionLine]) -> dict[str, Any]:
    return {
        "orders": sum(line.orders for line in regions),
        "weight": kilograms(sum((line.weight for line in regions), Decimal(0))),
        "takable": sum(line.takable for line in regions),
        "hopeless": sum(line.hopeless for line in regions),
    }


def _picture_row(line: Line, now: int) -> tuple[SafeString, list[tuple[str, str, str, bool]]]:
    said = _("%(waiting).0f kg wait, %(capacity).0f kg on shift")
    return region_link(line.region), [
        (f"{cell.waiting:.0f}" if cell.waiting else "", pressure(cell), said % cell._asdict(), at == now)
        for at, cell in enumerate(line.cells)
    ]


def pressure(cell: Cell) -> str:
    """A word for how much waits of what can be carried; the page's colours go by it."""
    if not cell.waiting:
        return "still"
    if cell.waiting > 2 * cell.capacity:
        return "lost" if not cell.capacity else "short"
    return "tight" if cell.waiting > cell.capacity else "calm"


def _closing_row(order: Closing, shown: Board) -> tuple[Any, ...]:
    left = order.minute - shop_minute(shown.now)
    return (
        record_link("orders_order", order.order_id),
        region_link(order.region),
        kilograms(order.weight),
        f"{order.minute // 60:02}:{order.minute % 60:02}",
        left,
        _("free") if order.bundle_id is None else record_link("bundles_bundle", order.bundle_id),
    )


def _bundle_row(bundle: ActiveBundle, shown: Board) -> tuple[Any, ...]:
    return (
        record_link("couriers_courier", bundle.courier_id),
        record_link("bundles_bundle", bundle.bundle_id),
        bundle,
        bundle.orders - bundle.delivered,
        format_html("{} / {}", kilograms(bundle.weight), kilograms(bundle.capacity)),
        duration(shown.now - bundle.assign_time),
    )


def region_link(region: int) -> SafeString:
    return search_link("orders_order", f"region {region}", str(region))


def duration(time: timedelta) -> SafeString:
    """Hours and minutes, rounded down."""
    hours, minutes = divmod(max(time, timedelta(0)) // timedelta(minutes=1), 60)
    return format_html(_("{} h {} min"), hours, minutes) if hours else format_html(_("{} min"), minutes)

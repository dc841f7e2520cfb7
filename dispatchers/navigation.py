"""The sidebar: what a dispatcher goes to all day stands first; nobody is shown what he may not open."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from dispatchers.board import PERMISSIONS
from dispatchers.pay import PERMISSION


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """The groups of links as the theme takes them."""

    def link(title: str, icon: str, page: str, *permissions: str) -> list[dict[str, Any]]:
        allowed = request.user.has_perms(permissions)
        return [{"title": title, "icon": icon, "link": reverse(f"admin:{page}")}] if allowed else []

    deliveries = [
        *link(_("Board"), "dashboard", "index", *PERMISSIONS),
        *link(_("A day"), "view_timeline", "day", *PERMISSIONS),
        *link(_("Orders"), "shopping_bag", "orders_order_changelist", "orders.view_order"),
        *link(_("Couriers"), "directions_bike", "couriers_courier_changelist", "couriers.view_courier"),
        *link(_("Bundles"), "inventory_2", "bundles_bundle_changelist", "bundles.view_bundle"),
        *link(_("Pay slips"), "payments", "pay", PERMISSION),
    ]
    people = [
        *link(_("Users"), "person", "auth_user_changelist", "auth.view_user"),
        *link(_("Groups"), "group", "auth_group_changelist", "auth.view_group"),
        *link(_("Tokens"), "key", "access_token_changelist", "access.view_token"),
    ]
    groups = [(None, deliveries), (_("Who works here"), people)]
    return [{"title": title, "separator": bool(title), "items": items} for title, items in groups if items]

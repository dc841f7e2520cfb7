from decimal import Decimal
from typing import Any

from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _

from bundles.models import Bundle, BundleQuerySet
from bundles.services import bundle_with_orders
from record.models import Event
from sweets_store.admin.lists import AssignedFilter, ChoiceFilter
from sweets_store.admin.records import RecordAdmin
from sweets_store.admin.values import kilograms, listed_briefly, moment, record_link, search_link

SHOWN_ORDERS = 100


class StateFilter(ChoiceFilter):
    title = _("state")
    parameter_name = "state"
    words = ("active", "completed")

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("active", in_words(is_completed=False)), ("completed", in_words(is_completed=True))]

    def narrowed(self, records: BundleQuerySet, word: str) -> QuerySet[Bundle]:
        return records.filter(is_completed=word == "completed")


def in_words(*, is_completed: bool) -> str:
    """What a bundle is. A user of the admin is active in another sense, and in Russian in another word."""
    return gettext("completed") if is_completed else pgettext("bundle", "active")


@admin.register(Bundle)
class BundleAdmin(RecordAdmin):
    ordering = ["-bundle_id"]
    list_display = [
        "bundle_id",
        "courier_link",
        "type_when_formed",
        "assigned_at",
        "state",
        "delivered_of_all",
        "orders_link",
    ]
    list_filter = [StateFilter, AssignedFilter]
    search_words = {"bundle": "bundle_id", "courier": "courier_id"}
    search_day = "assign_time"
    search_help_text = _(
        "Search for a bundle's number, or for courier 12, or for a day of assignment such as 2026-01-10."
        " Of several numbers any is found."
    )
    facts = ["bundle_id", "courier_link", "type_when_formed", "assigned_at", "state", "lightest_orders"]

    def happened(self, record: Bundle) -> QuerySet[Event]:
        return Event.objects.of_bundle(record.pk)

    def listed_rows(self) -> QuerySet[Any]:
        delivered = Q(orders__complete_time__isnull=False)
        return Bundle.objects.annotate(all_orders=Count("orders"), delivered_orders=Count("orders", filter=delivered))

    @admin.display(description=_("courier"), ordering="courier_id")
    def courier_link(self, bundle: Bundle) -> SafeString:
        return record_link("couriers_courier", bundle.courier_id)

    @admin.display(description=_("type when formed"), ordering="courier_type")
    def type_when_formed(self, bundle: Bundle) -> str:
        return gettext(bundle.courier_type)

    @admin.display(description=_("assigned"), ordering="assign_time")
    def assigned_at(self, bundle: Bundle) -> SafeString:
        return moment(bundle.assign_time)

    @admin.display(description=_("state"), ordering="is_completed")
    def state(self, bundle: Bundle) -> str:
        return in_words(is_completed=bundle.is_completed)

    @admin.display(description=_("delivered"))
    def delivered_of_all(self, bundle: Any) -> str:
        told = {"delivered": bundle.delivered_orders, "all": bundle.all_orders}
        return gettext("%(delivered)s of %(all)s") % told

    @admin.display(description=_("orders"))
    def orders_link(self, bundle: Bundle) -> SafeString:
        return search_link("orders_order", f"bundle {bundle.bundle_id}", gettext("its orders"))

    @admin.display(description=_("orders"))
    def lightest_orders(self, bundle: Bundle) -> SafeString:
        """What is in it, and the lightest of that one by one: it may be thousands."""
        orders = bundle_with_orders(bundle_id=bundle.bundle_id).orders
        rows = (
            (
                record_link("orders_order", order.order_id),
                kilograms(order.weight),
                order.region,
                listed_briefly(order.delivery_hours),
                moment(order.complete_time),
            )
            for order in orders[:SHOWN_ORDERS]
        )
        heads = [gettext(word) for word in ("order", "weight", "region", "delivery hours", "delivered")]
        summary = format_html(
            gettext("{delivered} of {all} delivered, {weight} in all."),
            delivered=sum(order.complete_time is not None for order in orders),
            all=len(orders),
            weight=kilograms(sum((order.weight for order in orders), Decimal(0))),
        )
        which = (
            gettext("The {shown} lightest of").format(shown=SHOWN_ORDERS)
            if len(orders) > SHOWN_ORDERS
            else gettext("All")
        )
        return format_html(
            '<p>{} {} {}</p><div class="sheet" tabindex="0"><table>'
            "<thead><tr>{}</tr></thead><tbody>{}</tbody></table></div>",
            summary,
            which,
            self.orders_link(bundle),
            format_html_join("", "<th>{}</th>", ((capfirst(head),) for head in heads)),
            format_html_join("", "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>", rows),
        )

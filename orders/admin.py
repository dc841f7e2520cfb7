from django.contrib import admin
from django.db.models import QuerySet
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from bundles.explanations import explain_to_each, what_would_do
from couriers.models import Courier
from orders.models import Order, OrderQuerySet, OrderStatus
from orders.serializers import OrderSerializer
from orders.services import import_orders
from record.models import Event
from sweets_store.admin.imports import ImportAdmin
from sweets_store.admin.lists import AssignedFilter, ChoiceFilter
from sweets_store.admin.values import NOTHING, kilograms, listed, listed_briefly, moment, record_link, search_link
from sweets_store.admin.why import MAX_EXPLAINED, Explained
from sweets_store.ids import parse_id


class StatusFilter(ChoiceFilter):
    title = _("status")
    parameter_name = "status"
    words = OrderStatus.values

    def narrowed(self, records: OrderQuerySet, word: str) -> QuerySet[Order]:
        return records.in_status(word)


class OrderAssignedFilter(AssignedFilter):
    lookup = "bundle__assign_time"


@admin.register(Order)
class OrderAdmin(ImportAdmin):
    serializer = OrderSerializer
    service = staticmethod(import_orders)

    ordering = ["-order_id"]
    list_display = [
        "order_id",
        "weight_kg",
        "region_link",
        "first_delivery_hours",
        "status_in_words",
        "bundle_link",
        "courier_link",
        "delivered_at",
    ]
    list_filter = [StatusFilter, OrderAssignedFilter]
    search_words = {
        "order": "order_id",
        "bundle": "bundle_id",
        "courier": "bundle__courier_id",
        "region": "region",
    }
    search_day = "bundle__assign_time"
    search_help_text = _(
        "Search for an order's number, or for bundle 7, courier 12, region 3 (together, too), or for a day of"
        " assignment such as 2026-01-10. Of several numbers any is found."
    )
    facts = [
        "order_id",
        "weight_kg",
        "region_link",
        "all_delivery_hours",
        "status_in_words",
        "bundle_link",
        "courier_link",
        "assigned_at",
        "delivered_at",
    ]

    others = "couriers.courier"
    why_label = _("Courier, or several; without a number all of them, page by page:")

    def happened(self, record: Order) -> QuerySet[Event]:
        return Event.objects.of_order(record.pk)

    def explained(self, record: Order, numbers: list[int]) -> list[Explained]:
        couriers = Courier.objects.in_bulk(numbers)
        for unknown in set(numbers) - couriers.keys():
            raise ValueError(gettext("There is no courier %(number)s.") % {"number": unknown})
        return [
            Explained(
                record_link("couriers_courier", courier_id),
                can_take,
                reasons,
                what_would_do(reasons, couriers[courier_id]),
            )
            for _, courier_id, can_take, reasons in explain_to_each(order_id=record.order_id, courier_ids=numbers)
        ]

    def next_numbers(self, after: str) -> list[int]:
        couriers = Courier.objects.filter(pk__gt=parse_id(after) if after else 0).order_by("pk")
        return list(couriers.values_list("pk", flat=True)[: MAX_EXPLAINED + 1])

    def listed_rows(self) -> QuerySet[Order]:
        return Order.objects.select_related("bundle")

    @admin.display(description=_("status"))
    def status_in_words(self, order: Order) -> str:
        return gettext(order.status)

    @admin.display(description=_("weight"), ordering="weight")
    def weight_kg(self, order: Order) -> SafeString:
        return kilograms(order.weight)

    @admin.display(description=_("region"), ordering="region")
    def region_link(self, order: Order) -> SafeString:
        return search_link("orders_order", f"region {order.region}", f"{order.region}")

    @admin.display(description=_("delivery hours"))
    def first_delivery_hours(self, order: Order) -> SafeString | str:
        return listed_briefly(order.delivery_hours)

    @admin.display(description=_("delivery hours"))
    def all_delivery_hours(self, order: Order) -> SafeString | str:
        return listed(order.delivery_hours)

    @admin.display(description=_("bundle"), ordering="bundle_id")
    def bundle_link(self, order: Order) -> SafeString | str:
        return NOTHING if order.bundle_id is None else record_link("bundles_bundle", order.bundle_id)

    @admin.display(description=_("courier"), ordering="bundle__courier_id")
    def courier_link(self, order: Order) -> SafeString | str:
        return NOTHING if order.bundle is None else record_link("couriers_courier", order.bundle.courier_id)

    @admin.display(description=_("assigned"), ordering="bundle__assign_time")
    def assigned_at(self, order: Order) -> SafeString:
        return moment(None if order.bundle is None else order.bundle.assign_time)

    @admin.display(description=_("delivered"), ordering="complete_time")
    def delivered_at(self, order: Order) -> SafeString:
        return moment(order.complete_time)

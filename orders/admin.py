from django.contrib import admin
from django.db.models import QuerySet
from django.utils.safestring import SafeString

from orders.models import Order, OrderQuerySet, OrderStatus
from sweets_store.admin import (
    NOTHING,
    AssignedFilter,
    ChoiceFilter,
    RecordAdmin,
    kilograms,
    listed,
    listed_briefly,
    moment,
    record_link,
    search_link,
)


class StatusFilter(ChoiceFilter):
    title = "status"
    parameter_name = "status"
    words = OrderStatus.values

    def narrowed(self, records: OrderQuerySet, word: str) -> QuerySet[Order]:
        return records.in_status(word)


class OrderAssignedFilter(AssignedFilter):
    lookup = "bundle__assign_time"


@admin.register(Order)
class OrderAdmin(RecordAdmin):
    ordering = ["-order_id"]
    list_display = [
        "order_id",
        "weight_kg",
        "region_link",
        "first_delivery_hours",
        "status",
        "bundle_link",
        "courier_link",
        "delivered_utc",
    ]
    list_filter = [StatusFilter, OrderAssignedFilter]
    search_words = {
        "order": "order_id",
        "bundle": "bundle_id",
        "courier": "bundle__courier_id",
        "region": "region",
    }
    search_day = "bundle__assign_time"
    search_help_text = (
        "Search for an order's number, or for bundle 7, courier 12, region 3 (together, too), or for a day of"
        " assignment such as 2026-01-10. Of several numbers any is found."
    )
    fields = [
        "order_id",
        "weight_kg",
        "region_link",
        "all_delivery_hours",
        "status",
        "bundle_link",
        "courier_link",
        "assigned_utc",
        "delivered_utc",
    ]

    def listed_rows(self) -> QuerySet[Order]:
        return Order.objects.select_related("bundle")

    @admin.display(description="weight", ordering="weight")
    def weight_kg(self, order: Order) -> SafeString:
        return kilograms(order.weight)

    @admin.display(description="region", ordering="region")
    def region_link(self, order: Order) -> SafeString:
        return search_link("orders_order", f"region {order.region}", f"{order.region}")

    @admin.display(description="delivery hours")
    def first_delivery_hours(self, order: Order) -> SafeString | str:
        return listed_briefly(order.delivery_hours)

    @admin.display(description="delivery hours")
    def all_delivery_hours(self, order: Order) -> SafeString | str:
        return listed(order.delivery_hours)

    @admin.display(description="bundle", ordering="bundle_id")
    def bundle_link(self, order: Order) -> SafeString | str:
        return NOTHING if order.bundle_id is None else record_link("bundles_bundle", order.bundle_id)

    @admin.display(description="courier", ordering="bundle__courier_id")
    def courier_link(self, order: Order) -> SafeString | str:
        return NOTHING if order.bundle is None else record_link("couriers_courier", order.bundle.courier_id)

    @admin.display(description="assigned (UTC)", ordering="bundle__assign_time")
    def assigned_utc(self, order: Order) -> SafeString:
        return moment(None if order.bundle is None else order.bundle.assign_time)

    @admin.display(description="delivered (UTC)", ordering="complete_time")
    def delivered_utc(self, order: Order) -> SafeString:
        return moment(order.complete_time)

from django.contrib import admin
from django.db.models import Count, Max, QuerySet, Sum
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from bundles.explanations import explain_order, what_would_do
from bundles.services import carried_orders, courier_statement
from couriers.models import Courier, CourierQuerySet, CourierType
from couriers.serializers import CourierSerializer
from couriers.services import import_couriers
from record.models import Event
from sweets_store.admin.imports import ImportAdmin
from sweets_store.admin.lists import ChoiceFilter
from sweets_store.admin.values import (
    NOTHING,
    grouped,
    kilograms,
    listed,
    listed_briefly,
    record_link,
    search_link,
    unbroken,
)
from sweets_store.admin.why import Explained
from sweets_store.errors import NotFound

SEE_DAYS = ("couriers.view_courier", "bundles.view_bundle", "orders.view_order")
SEE_PAY = ("dispatchers.see_pay",)


class CourierTypeFilter(ChoiceFilter):
    title = _("type")
    parameter_name = "type"
    words = CourierType.values

    def narrowed(self, records: CourierQuerySet, word: str) -> QuerySet[Courier]:
        return records.filter(courier_type=word)


@admin.register(Courier)
class CourierAdmin(ImportAdmin):
    serializer = CourierSerializer
    service = staticmethod(import_couriers)

    ordering = ["courier_id"]
    list_display = [
        "courier_id",
        "type_and_capacity",
        "first_regions",
        "first_working_hours",
        "bundles_link",
        "orders_link",
    ]
    list_filter = [CourierTypeFilter]
    search_words = {"courier": "courier_id", "region": "regions__holds"}
    search_help_text = _("Search for a courier's number, or for region 3. Of several numbers any is found.")
    facts = [
        "courier_id",
        "type_and_capacity",
        "all_regions",
        "all_working_hours",
        "earnings_and_rating",
        "carries_now",
        "bundles_link",
        "orders_link",
    ]

    others = "orders.order"
    why_label = _("Order, or several:")

    def happened(self, record: Courier) -> QuerySet[Event]:
        return Event.objects.of_courier(record.pk)

    def links(self, request: HttpRequest, record: Courier) -> list[tuple[str, str]]:
        his = f"?{urlencode({'courier': record.pk})}"
        pages = [(gettext("His day"), "day", SEE_DAYS), (gettext("His pay slip"), "pay", SEE_PAY)]
        allowed = [(title, page) for title, page, needed in pages if request.user.has_perms(needed)]
        return [*super().links(request, record), *((title, reverse(f"admin:{page}") + his) for title, page in allowed)]

    def explained(self, record: Courier, numbers: list[int]) -> list[Explained]:
        found = []
        for order_id in numbers:
            try:
                explanation = explain_order(order_id=order_id, courier_id=record.courier_id)
            except NotFound as unknown:
                raise ValueError(str(unknown)) from None
            found.append(
                Explained(
                    record_link("orders_order", order_id),
                    explanation.can_take,
                    explanation.reasons,
                    what_would_do(explanation.reasons, record),
                )
            )
        return found

    @admin.display(description=_("type"), ordering="courier_type")
    def type_and_capacity(self, courier: Courier) -> SafeString:
        capacity = gettext("%(capacity)s kg") % {"capacity": courier.capacity}
        return unbroken(f"{gettext(courier.courier_type)}, {capacity}")

    @admin.display(description=_("regions"))
    def first_regions(self, courier: Courier) -> SafeString | str:
        return listed_briefly(courier.regions)

    @admin.display(description=_("working hours"))
    def first_working_hours(self, courier: Courier) -> SafeString | str:
        return listed_briefly(courier.working_hours)

    @admin.display(description=_("regions"))
    def all_regions(self, courier: Courier) -> SafeString | str:
        return listed(courier.regions)

    @admin.display(description=_("working hours"))
    def all_working_hours(self, courier: Courier) -> SafeString | str:
        return listed(courier.working_hours)

    @admin.display(description=_("earnings and rating"))
    def earnings_and_rating(self, courier: Courier) -> str:
        statement = courier_statement(courier_id=courier.courier_id)
        if statement.rating is None:
            return gettext("earned %(earnings)s, no rating yet") % {"earnings": grouped(statement.earnings)}
        told = {"earnings": grouped(statement.earnings), "rating": statement.rating}
        return gettext("earned %(earnings)s, rating %(rating)s of 5") % told

    @admin.display(description=_("carries now"))
    def carries_now(self, courier: Courier) -> SafeString | str:
        carried = carried_orders(courier.courier_id).aggregate(
            bundle_id=Max("bundle_id"), orders=Count("order_id"), weight=Sum("weight")
        )
        if not carried["orders"]:
            return NOTHING
        bundle = record_link("bundles_bundle", carried["bundle_id"])
        return format_html(gettext("{}: {} to deliver, {}"), bundle, carried["orders"], kilograms(carried["weight"]))

    @admin.display(description=_("bundles"))
    def bundles_link(self, courier: Courier) -> SafeString:
        return search_link("bundles_bundle", f"courier {courier.courier_id}", gettext("his bundles"))

    @admin.display(description=_("orders"))
    def orders_link(self, courier: Courier) -> SafeString:
        return search_link("orders_order", f"courier {courier.courier_id}", gettext("his orders"))

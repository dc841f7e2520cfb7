import django_filters
from django.db.models import QuerySet

from orders.models import Order, OrderQuerySet, OrderStatus
from record.models import Event
from sweets_store.lists import IdFilter, WeightFilter, WordFilter


class OrderFilters(django_filters.FilterSet):
    status = WordFilter(
        OrderStatus.values,
        method="in_status",
        description="free: no courier has it; assigned: a courier carries it; delivered: it has a complete time.",
    )
    region = IdFilter(description="Orders of the region.")
    weight_min = WeightFilter(field_name="weight", lookup_expr="gte", description="Kilograms, this much or more.")
    weight_max = WeightFilter(field_name="weight", lookup_expr="lte", description="Kilograms, this much or less.")
    courier_id = IdFilter(field_name="bundle__courier_id", description="Orders that this courier carries or delivered.")
    bundle_id = IdFilter(description="Orders of the bundle.")

    class Meta:
        model = Order
        fields: list[str] = []

    def in_status(self, orders: OrderQuerySet, name: str, status: str) -> QuerySet[Order]:
        return orders.in_status(status)


class EventFilters(django_filters.FilterSet):
    """None: an order has few."""

    class Meta:
        model = Event
        fields: list[str] = []

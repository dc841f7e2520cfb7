import django_filters
from django.db.models import QuerySet

from orders.models import Order, OrderQuerySet
from sweets_store.lists import IdFilter, WeightFilter

STATUSES = {
    "free": OrderQuerySet.free,
    "assigned": OrderQuerySet.undelivered,
    "delivered": OrderQuerySet.delivered,
}


class OrderFilters(django_filters.FilterSet):
    status = django_filters.ChoiceFilter(choices=[(status, status) for status in STATUSES], method="in_status")
    region = IdFilter()
    weight_min = WeightFilter(field_name="weight", lookup_expr="gte")
    weight_max = WeightFilter(field_name="weight", lookup_expr="lte")
    courier_id = IdFilter(field_name="bundle__courier_id")
    bundle_id = IdFilter()

    class Meta:
        model = Order
        fields: list[str] = []

    def in_status(self, orders: OrderQuerySet, name: str, status: str) -> QuerySet[Order]:
        return STATUSES[status](orders)

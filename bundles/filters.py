import django_filters

from bundles.models import Bundle
from sweets_store.lists import BooleanFilter, IdFilter, InstantFilter


class BundleFilters(django_filters.FilterSet):
    courier_id = IdFilter()
    is_completed = BooleanFilter()
    assign_time_from = InstantFilter(field_name="assign_time", lookup_expr="gte")
    assign_time_to = InstantFilter(field_name="assign_time", lookup_expr="lt")

    class Meta:
        model = Bundle
        fields: list[str] = []

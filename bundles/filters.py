import django_filters

from bundles.models import Bundle
from sweets_store.lists import BooleanFilter, IdFilter, InstantFilter


class BundleFilters(django_filters.FilterSet):
    courier_id = IdFilter(description="Bundles of the courier.")
    is_completed = BooleanFilter(description="false: bundles with orders still to deliver.")
    assign_time_from = InstantFilter(
        field_name="assign_time", lookup_expr="gte", description="Handed out at this instant or later."
    )
    assign_time_to = InstantFilter(
        field_name="assign_time", lookup_expr="lt", description="Handed out before this instant."
    )

    class Meta:
        model = Bundle
        fields: list[str] = []

import django_filters
from django.db.models import QuerySet

from couriers.models import Courier, CourierQuerySet, CourierType
from sweets_store.lists import IdFilter, WordFilter


class CourierFilters(django_filters.FilterSet):
    courier_type = WordFilter(CourierType.values, description="Couriers of this type.")
    region = IdFilter(method="works_in", description="Couriers who work in the region.")

    class Meta:
        model = Courier
        fields: list[str] = []

    def works_in(self, couriers: CourierQuerySet, name: str, region: int) -> QuerySet[Courier]:
        return couriers.working_in(region)

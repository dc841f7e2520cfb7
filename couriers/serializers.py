from couriers.models import CourierType
from couriers.services import courier_row
from sweets_store.imports.checked import ImportedSerializer
from sweets_store.serializers import (
    ChoiceField,
    HoursField,
    IdField,
    RegionsField,
    StrictSerializer,
)


class CourierChangeSerializer(StrictSerializer):
    """What a PATCH may change, all of it optional."""

    courier_type = ChoiceField(CourierType.values, required=False)
    regions = RegionsField(required=False)
    working_hours = HoursField(required=False)


class CourierSerializer(ImportedSerializer):
    """A courier as he is hired."""

    list_name = "couriers"
    other_way = "PATCH the courier, or give this one another id"
    row_of = staticmethod(courier_row)

    courier_id = IdField()
    courier_type = ChoiceField(CourierType.values)
    regions = RegionsField()
    working_hours = HoursField()

from django.utils.translation import gettext_lazy as _

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
    other_way = _("PATCH the courier, or give this one another id")
    row_of = staticmethod(courier_row)
    sample = [
        {"courier_id": 900_001, "courier_type": "foot", "regions": [1, 12], "working_hours": ["09:00-18:00"]},
        {
            "courier_id": 900_002,
            "courier_type": "bike",
            "regions": [22],
            "working_hours": ["11:35-14:05", "15:00-20:00"],
        },
        {"courier_id": 900_003, "courier_type": "car", "regions": [12, 22, 23], "working_hours": []},
    ]

    courier_id = IdField()
    courier_type = ChoiceField(CourierType.values)
    regions = RegionsField()
    working_hours = HoursField()

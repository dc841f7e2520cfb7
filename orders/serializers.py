from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from bundles.explanations import CODES
from couriers.models import CourierType
from orders.services import order_row
from record.models import WHY, What
from sweets_store.imports.checked import ImportedSerializer
from sweets_store.serializers import (
    ChoiceField,
    HoursField,
    IdField,
    InstantField,
    RegionsField,
    StrictSerializer,
    WeightField,
)


class OrderSerializer(ImportedSerializer):
    """An order as the shop sends it."""

    list_name = "orders"
    other_way = _("give this order another id")
    row_of = staticmethod(order_row)
    sample = [
        {"order_id": 900_001, "weight": Decimal("0.25"), "region": 12, "delivery_hours": ["09:00-18:00"]},
        {"order_id": 900_002, "weight": Decimal("9.5"), "region": 1, "delivery_hours": ["10:00-11:30", "16:00-21:30"]},
        {"order_id": 900_003, "weight": Decimal(8), "region": 22, "delivery_hours": ["14:00-20:00"]},
    ]

    order_id = IdField()
    weight = WeightField()
    region = IdField()
    delivery_hours = HoursField()


class ListedOrderSerializer(serializers.Serializer):
    """An order with what became of it; null where it has no bundle or is not delivered."""

    order_id = IdField()
    weight = WeightField()
    region = IdField()
    delivery_hours = HoursField()
    bundle_id = IdField(allow_null=True)
    courier_id = IdField(allow_null=True, source="bundle.courier_id")
    assign_time = InstantField(allow_null=True, source="bundle.assign_time")
    complete_time = InstantField(allow_null=True)


class DetailsSerializer(serializers.Serializer):
    """What the event tells beside, each where it has to do with it; as it was written."""

    weight = WeightField(required=False)
    region = IdField(required=False)
    delivery_hours = HoursField(required=False)
    complete_time = InstantField(required=False, allow_null=True)
    why = serializers.ListField(child=ChoiceField(WHY), required=False, help_text="Why he carries it no longer.")

    def to_representation(self, details: Any) -> Any:
        return details


class EventSerializer(serializers.Serializer):
    """That something happened to an order."""

    event_id = IdField()
    at = InstantField()
    what = ChoiceField([What.IMPORTED, What.ASSIGNED, What.RELEASED, What.COMPLETED, What.UNDONE, What.FOUND])
    door = serializers.CharField(help_text="What it came in by: api, admin, or a command.")
    actor = serializers.CharField(help_text="Who did it; empty where the API is open.")
    request_id = serializers.CharField(help_text="That of the answer's header `X-Request-ID`; empty for a command.")
    courier_id = IdField(allow_null=True)
    bundle_id = IdField(allow_null=True)
    details = DetailsSerializer(source="told")


class ChangeSerializer(serializers.Serializer):
    """What a PATCH of the courier would send. With all the changes made an assign gives him the order, once he carries
    nothing.
    """

    courier_type = ChoiceField(CourierType.values, required=False)
    regions = RegionsField(required=False)
    working_hours = HoursField(required=False)


class ReasonSerializer(serializers.Serializer):
    code = ChoiceField(CODES)
    detail = serializers.CharField(help_text="For people.")
    change = ChangeSerializer(allow_null=True, help_text="null where no region, hours or vehicle more would do.")


class ExplanationSerializer(serializers.Serializer):
    """Whether a courier would get an order, and why not."""

    order_id = IdField()
    courier_id = IdField()
    can_take = serializers.BooleanField(help_text="Whether an assign now would answer with this order.")
    reasons = ReasonSerializer(many=True, help_text="Empty where nothing stands in the way.")


class AssignSerializer(StrictSerializer):
    """Who is to be handed orders."""

    courier_id = IdField()


class CompleteSerializer(StrictSerializer):
    """Who delivered what, and when."""

    courier_id = IdField()
    order_id = IdField()
    complete_time = InstantField()

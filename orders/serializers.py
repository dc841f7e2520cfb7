from rest_framework import serializers

from orders.services import order_row
from sweets_store.imports.checked import ImportedSerializer
from sweets_store.serializers import (
    HoursField,
    IdField,
    InstantField,
    StrictSerializer,
    WeightField,
)


class OrderSerializer(ImportedSerializer):
    """An order as the shop sends it."""

    list_name = "orders"
    row_of = staticmethod(order_row)

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


class AssignSerializer(StrictSerializer):
    """Who is to be handed orders."""

    courier_id = IdField()


class CompleteSerializer(StrictSerializer):
    """Who delivered what, and when."""

    courier_id = IdField()
    order_id = IdField()
    complete_time = InstantField()

from rest_framework import serializers

from couriers.models import CourierType
from sweets_store.serializers import ChoiceField, HoursField, IdField, InstantField, WeightField


class BundleSerializer(serializers.Serializer):
    bundle_id = IdField()
    courier_id = IdField()
    courier_type = ChoiceField(CourierType.values, help_text="His type when the bundle was formed.")
    assign_time = InstantField()
    is_completed = serializers.BooleanField()


class BundleOrderSerializer(serializers.Serializer):
    order_id = IdField()
    weight = WeightField()
    region = IdField()
    delivery_hours = HoursField()
    complete_time = InstantField(allow_null=True)


class BundleDetailSerializer(BundleSerializer):
    orders = BundleOrderSerializer(many=True)

"""What OpenAPI says of the couriers' handlers."""

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import serializers

from couriers.models import UnknownCourier
from couriers.serializers import CourierChangeSerializer, CourierSerializer
from sweets_store.imports.checked import MAX_OBJECTS
from sweets_store.schema import ID, IDEMPOTENCY_KEY, CouriersReport, answers_to_body, answers_to_get, answers_to_list
from sweets_store.serializers import IdField

COURIER = {"courier_id": 2, "courier_type": "bike", "regions": [1, 22], "working_hours": ["09:00-18:00"]}
UNKNOWN_COURIER = UnknownCourier(courier_id=2).body()
COURIER_ID = OpenApiParameter("courier_id", ID, OpenApiParameter.PATH)


class CouriersImport(serializers.Serializer):
    # Hides Serializer.data, which the document has no use for.
    data = serializers.ListField(child=CourierSerializer(), max_length=MAX_OBJECTS)  # type: ignore[assignment]


class HiredCourier(serializers.Serializer):
    id = IdField()


class HiredCouriers(serializers.Serializer):
    couriers = HiredCourier(many=True, help_text="In the order sent.")


class CourierStatement(CourierSerializer):
    """A courier with what he has earned."""

    earnings = serializers.IntegerField(min_value=0)
    rating = serializers.FloatField(
        min_value=0,
        max_value=5,
        required=False,
        help_text="There once he has completed a bundle of which he delivered something.",
    )


documented = extend_schema_view(
    list=extend_schema(
        operation_id="list_couriers", summary="List couriers", responses=answers_to_list(CourierSerializer(many=True))
    ),
    create=extend_schema(
        operation_id="hire_couriers",
        parameters=[IDEMPOTENCY_KEY],
        summary="Hire couriers",
        description="All or none. A list may be empty.",
        request=CouriersImport,
        responses=answers_to_body({201: HiredCouriers}, report=CouriersReport),
        examples=[
            OpenApiExample("Two couriers", value={"data": [COURIER, {**COURIER, "courier_id": 3}]}, request_only=True),
            OpenApiExample("Hired", value={"couriers": [{"id": 2}, {"id": 3}]}, response_only=True, status_codes=[201]),
            OpenApiExample(
                "bad_courier",
                value={"validation_error": {"couriers": [{"id": 2}], "2": {"regions": "is required"}}},
                response_only=True,
                status_codes=[400],
            ),
        ],
    ),
    retrieve=extend_schema(
        operation_id="get_courier",
        summary="A courier with his earnings and rating",
        parameters=[COURIER_ID],
        responses=answers_to_get(CourierStatement, UNKNOWN_COURIER, anyone=True),
        examples=[
            OpenApiExample(
                "A courier",
                value={**COURIER, "earnings": 2500, "rating": 4.21},
                response_only=True,
                status_codes=[200],
            )
        ],
    ),
    partial_update=extend_schema(
        operation_id="change_courier",
        summary="Change a courier",
        description="What he can carry no longer is released, free for anyone.",
        parameters=[COURIER_ID, IDEMPOTENCY_KEY],
        request=CourierChangeSerializer,
        responses=answers_to_body(
            {200: OpenApiResponse(CourierSerializer)}, report=CouriersReport, unknown=UNKNOWN_COURIER
        ),
        examples=[
            OpenApiExample("Other regions", value={"regions": [1, 33, 2]}, request_only=True),
            OpenApiExample("Changed", value={**COURIER, "regions": [1, 33, 2]}, response_only=True, status_codes=[200]),
        ],
    ),
)

"""What OpenAPI says of the orders' handlers."""

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import serializers

from bundles.services import NotCarried
from couriers.models import UnknownCourier
from orders.models import UnknownOrder
from orders.serializers import (
    AssignSerializer,
    CompleteSerializer,
    EventSerializer,
    ExplanationSerializer,
    ListedOrderSerializer,
    OrderSerializer,
)
from sweets_store.imports.checked import MAX_OBJECTS
from sweets_store.schema import (
    BAD_PARAMETERS,
    ID,
    IDEMPOTENCY_KEY,
    FieldsReport,
    OrdersReport,
    answers_to_body,
    answers_to_get,
    answers_to_list,
)
from sweets_store.serializers import IdField, InstantField

ORDER = {"order_id": 33, "weight": 0.23, "region": 22, "delivery_hours": ["09:00-18:00"]}
COMPLETION = {"courier_id": 2, "order_id": 33, "complete_time": "2021-01-10T10:33:01.42Z"}
TOO_HEAVY = {
    "order_id": 33,
    "courier_id": 2,
    "can_take": False,
    "reasons": [
        {
            "code": "weight",
            "detail": "It weighs 12.5 kg, and he carries 10 kg at once.",
            "change": {"courier_type": "bike"},
        }
    ],
}
UNKNOWN_ORDER = UnknownOrder(order_id=33).body()
UNKNOWN_COURIER = UnknownCourier(courier_id=2).body()
NOT_CARRIED = NotCarried(courier_id=2, order_id=33).body()


class OrdersImport(serializers.Serializer):
    # Hides Serializer.data, which the document has no use for.
    data = serializers.ListField(child=OrderSerializer(), max_length=MAX_OBJECTS)  # type: ignore[assignment]


class NamedOrder(serializers.Serializer):
    id = IdField()


class TakenOrders(serializers.Serializer):
    orders = NamedOrder(many=True, help_text="In the order sent.")


class AssignedOrders(serializers.Serializer):
    orders = NamedOrder(many=True, help_text="Lightest first, then the smaller id.")
    assign_time = InstantField(required=False)


class CompletedOrder(serializers.Serializer):
    order_id = IdField()


documented = extend_schema_view(
    list=extend_schema(
        operation_id="list_orders", summary="List orders", responses=answers_to_list(ListedOrderSerializer(many=True))
    ),
    create=extend_schema(
        operation_id="take_orders",
        parameters=[IDEMPOTENCY_KEY],
        summary="Take orders in",
        description="All or none. A list may be empty.",
        request=OrdersImport,
        responses=answers_to_body({201: TakenOrders}, report=OrdersReport),
        examples=[
            OpenApiExample("An order", value={"data": [ORDER]}, request_only=True),
            OpenApiExample("Taken", value={"orders": [{"id": 33}]}, response_only=True, status_codes=[201]),
            OpenApiExample(
                "bad_order",
                value={"validation_error": {"orders": [], "data[0]": {"order_id": "is required"}}},
                response_only=True,
                status_codes=[400],
            ),
        ],
    ),
    retrieve=extend_schema(
        operation_id="get_order",
        summary="An order with what became of it",
        parameters=[OpenApiParameter("order_id", ID, OpenApiParameter.PATH)],
        responses=answers_to_get(ListedOrderSerializer, UNKNOWN_ORDER),
    ),
)

events_documented = extend_schema_view(
    list=extend_schema(
        operation_id="list_order_events",
        summary="What happened to an order, by whom and when",
        description="The first first. Events are never changed or removed.",
        parameters=[OpenApiParameter("order_id", ID, OpenApiParameter.PATH)],
        responses=answers_to_list(EventSerializer(many=True), unknown=UNKNOWN_ORDER),
    ),
)

explain = extend_schema(
    operation_id="explain_order",
    summary="Why a courier would or would not get an order",
    parameters=[
        OpenApiParameter("order_id", ID, OpenApiParameter.PATH),
        OpenApiParameter("courier_id", ID, OpenApiParameter.QUERY, required=True, description="Who would carry it."),
    ],
    responses=answers_to_get(ExplanationSerializer, UNKNOWN_ORDER, UNKNOWN_COURIER, bad=BAD_PARAMETERS),
    examples=[
        OpenApiExample("Too heavy", value=TOO_HEAVY, response_only=True, status_codes=[200]),
        OpenApiExample(
            "Nothing in the way",
            value={"order_id": 33, "courier_id": 2, "can_take": True, "reasons": []},
            response_only=True,
            status_codes=[200],
        ),
    ],
)

assign = extend_schema(
    operation_id="assign_orders",
    parameters=[IDEMPOTENCY_KEY],
    summary="Hand a courier the most orders that he can carry",
    description=(
        "Asked again, the answer is what is left of the same bundle. Where no order fits, the list is empty"
        " and there is no `assign_time`."
    ),
    request=AssignSerializer,
    responses=answers_to_body({200: AssignedOrders}, UNKNOWN_COURIER, report=FieldsReport),
    examples=[
        OpenApiExample("A courier", value={"courier_id": 2}, request_only=True),
        OpenApiExample(
            "Assigned",
            value={"orders": [{"id": 33}], "assign_time": "2021-01-10T09:32:14.420000Z"},
            response_only=True,
            status_codes=[200],
        ),
        OpenApiExample("Nothing fits", value={"orders": []}, response_only=True, status_codes=[200]),
    ],
)

complete = extend_schema(
    operation_id="complete_order",
    parameters=[IDEMPOTENCY_KEY],
    summary="Mark an order delivered",
    description="Asked again, the first time stays.",
    request=CompleteSerializer,
    responses=answers_to_body({200: CompletedOrder}, UNKNOWN_COURIER, NOT_CARRIED, report=FieldsReport),
    examples=[
        OpenApiExample("A delivery", value=COMPLETION, request_only=True),
        OpenApiExample("Delivered", value={"order_id": 33}, response_only=True, status_codes=[200]),
    ],
)

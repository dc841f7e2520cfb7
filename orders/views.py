from django.db.models import QuerySet
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from access.scopes import require_himself
from bundles.explanations import explain_order
from bundles.services import assign_orders, complete_order
from orders import schema
from orders.filters import EventFilters, OrderFilters
from orders.models import Order
from orders.serializers import (
    AssignSerializer,
    CompleteSerializer,
    EventSerializer,
    ExplanationSerializer,
    ListedOrderSerializer,
    OrderSerializer,
)
from orders.services import order_with_bundle, require_order, take_orders
from record.models import Event
from sweets_store.api import read_import, read_object
from sweets_store.ids import parse_id
from sweets_store.instants import format_instant
from sweets_store.lists import ListedViewSet, required_parameters


@schema.documented
class OrderViewSet(ListedViewSet):
    queryset = Order.objects.select_related("bundle")
    serializer_class = ListedOrderSerializer
    filterset_class = OrderFilters
    couriers_actions = ("assign", "complete")

    def create(self, request: Request) -> Response:
        order_ids = take_orders(orders=OrderSerializer.checked_import(read_import(request, OrderSerializer.checks())))
        return Response({"orders": [{"id": order_id} for order_id in order_ids]}, status=201)

    def retrieve(self, request: Request, pk: int) -> Response:
        return Response(ListedOrderSerializer(order_with_bundle(order_id=pk)).data)

    @schema.explain
    def explain(self, request: Request, pk: int) -> Response:
        asked = required_parameters(request, {"courier_id": parse_id})
        return Response(ExplanationSerializer(explain_order(order_id=pk, **asked)).data)

    @schema.assign
    def assign(self, request: Request) -> Response:
        asked = AssignSerializer.checked(read_object(request, AssignSerializer.checks()))
        require_himself(request.auth, asked["courier_id"])
        assignment = assign_orders(courier_id=asked["courier_id"], now=timezone.now())
        answer: dict[str, object] = {"orders": [{"id": order_id} for order_id in assignment.order_ids]}
        if assignment.assign_time is not None:
            answer["assign_time"] = format_instant(assignment.assign_time)
        return Response(answer)

    @schema.complete
    def complete(self, request: Request) -> Response:
        asked = CompleteSerializer.checked(read_object(request, CompleteSerializer.checks()))
        require_himself(request.auth, asked["courier_id"])
        complete_order(**asked)
        return Response({"order_id": asked["order_id"]})


@schema.events_documented
class OrderEventViewSet(ListedViewSet):
    """What happened to an order, the first first."""

    queryset = Event.objects.all()
    serializer_class = EventSerializer
    filterset_class = EventFilters

    def get_queryset(self) -> QuerySet[Event]:
        return Event.objects.of_order(self.kwargs["order_id"])

    def list(self, request: Request, order_id: int) -> Response:
        require_order(order_id=order_id)
        return super().list(request)

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from access.scopes import require_himself
from bundles.services import change_courier, courier_statement, require_courier
from couriers import schema
from couriers.filters import CourierFilters
from couriers.models import Courier
from couriers.serializers import CourierChangeSerializer, CourierSerializer
from couriers.services import hire_couriers
from sweets_store.api import read_import, read_object
from sweets_store.lists import ListedViewSet


@schema.documented
class CourierViewSet(ListedViewSet):
    queryset = Courier.objects.all()
    serializer_class = CourierSerializer
    filterset_class = CourierFilters
    couriers_actions = ("retrieve",)

    def create(self, request: Request) -> Response:
        courier_ids = hire_couriers(
            couriers=CourierSerializer.checked_import(read_import(request, CourierSerializer.checks()))
        )
        return Response({"couriers": [{"id": courier_id} for courier_id in courier_ids]}, status=201)

    def retrieve(self, request: Request, pk: int) -> Response:
        require_himself(request.auth, pk)
        statement = courier_statement(courier_id=pk)
        answer: dict[str, Any] = CourierSerializer.represented(statement.courier) | {"earnings": statement.earnings}
        if statement.rating is not None:
            answer["rating"] = float(statement.rating)
        return Response(answer)

    def partial_update(self, request: Request, pk: int) -> Response:
        require_courier(courier_id=pk)
        sent = read_object(request, CourierChangeSerializer.checks())
        changes = CourierChangeSerializer.checked_change(sent, list_name="couriers", object_id=pk)
        return Response(CourierSerializer.represented(change_courier(courier_id=pk, changes=changes).courier))

from rest_framework.request import Request
from rest_framework.response import Response

from bundles import schema
from bundles.filters import BundleFilters
from bundles.models import Bundle
from bundles.serializers import BundleOrderSerializer, BundleSerializer
from bundles.services import bundle_with_orders
from sweets_store.lists import ListedViewSet


@schema.documented
class BundleViewSet(ListedViewSet):
    queryset = Bundle.objects.all()
    serializer_class = BundleSerializer
    filterset_class = BundleFilters

    def retrieve(self, request: Request, pk: int) -> Response:
        bundle, orders = bundle_with_orders(bundle_id=pk)
        return Response(BundleSerializer(bundle).data | {"orders": BundleOrderSerializer(orders, many=True).data})

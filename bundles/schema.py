"""What OpenAPI says of the bundles' handlers."""

from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view

from bundles.serializers import BundleDetailSerializer, BundleSerializer
from bundles.services import UnknownBundle
from sweets_store.schema import ID, answers_to_get, answers_to_list

documented = extend_schema_view(
    list=extend_schema(
        operation_id="list_bundles", summary="List bundles", responses=answers_to_list(BundleSerializer(many=True))
    ),
    retrieve=extend_schema(
        operation_id="get_bundle",
        summary="A bundle with its orders, lightest first",
        parameters=[OpenApiParameter("bundle_id", ID, OpenApiParameter.PATH)],
        responses=answers_to_get(BundleDetailSerializer, UnknownBundle(bundle_id=7).body()),
    ),
)

"""The pages /schema and /docs. Neither asks the database, nor the browser another host."""

# drf-spectacular leaves some of its base classes without annotations.
# mypy: disable-error-code="no-untyped-call"

from functools import cache
from typing import Any

from django.http import Http404
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer2, OpenApiYamlRenderer, OpenApiYamlRenderer2
from drf_spectacular.views import SpectacularSwaggerSplitView
from rest_framework.exceptions import NotAcceptable
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView


class AnyAccept(DefaultContentNegotiation):
    """What cannot be had in the form that the client wants comes in the first one."""

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        try:
            return super().select_renderer(request, renderers, format_suffix)
        except (Http404, NotAcceptable):
            return renderers[0], renderers[0].media_type


@cache
def document() -> dict[str, Any]:
    """The OpenAPI document."""
    schema: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
    return schema


class SchemaView(APIView):
    """JSON; YAML by `?format=yaml` or `Accept: application/yaml`."""

    schema = None
    http_method_names = ["get", "head"]
    authentication_classes = []
    permission_classes = []
    content_negotiation_class = AnyAccept
    renderer_classes = [OpenApiJsonRenderer2, OpenApiYamlRenderer2, OpenApiYamlRenderer]

    def get(self, request: Request) -> Response:
        return Response(document())


class DocsView(SpectacularSwaggerSplitView):
    schema = None
    http_method_names = ["get", "head"]
    authentication_classes = []
    permission_classes = []
    content_negotiation_class = AnyAccept
    url = "/schema"

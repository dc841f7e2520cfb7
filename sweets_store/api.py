"""The API's plumbing: JSON in, JSON out, whatever the client sends (contract, "Everywhere")."""

import codecs
from collections.abc import Callable, Collection
from functools import partial
from http import HTTPStatus
from io import BytesIO
from typing import Any, ClassVar

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpResponse
from django.urls import register_converter
from rest_framework.exceptions import APIException, Throttled, UnsupportedMediaType
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import set_rollback
from rest_framework.viewsets import GenericViewSet

from sweets_store.addresses import address_of
from sweets_store.away import AWAY, RETRY_AFTER, UNAVAILABLE, log_away
from sweets_store.errors import DomainError, NotFound, ValidationFailed, refusal
from sweets_store.idempotency import HEADER, OPEN, KeyReused, answered_once
from sweets_store.ids import ID_PATTERN, parse_id
from sweets_store.json_body import LONGEST, JSONBody
from sweets_store.rates import Meter, Rate
from sweets_store.strict_json import BrokenJSON, loads_object

PIECE = 64 * 1024
WRITES = ("POST", "PATCH")
by_address, by_token = Meter(), Meter()


class IdConverter:
    """A path id: a plain decimal from 1 to 2^63-1; everything else is an unknown URL."""

    regex = ID_PATTERN
    to_python = staticmethod(parse_id)
    to_url = staticmethod(str)


register_converter(IdConverter, "id")


class JSONParser(BaseParser):
    """Names the media type that the API takes; bodies are read by `read_object`."""

    media_type = "application/json"


class AlwaysJSON(BaseContentNegotiation):
    """The answer is JSON whatever `Accept` says."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        return parsers[0]

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        return renderers[0], renderers[0].media_type


class ApiViewSet(GenericViewSet):
    """A door of the API. OPTIONS is left out: the contract knows no such handler.

    `couriers_actions` are those that a courier's own token is for.
    """

    content_negotiation_class = AlwaysJSON
    parser_classes = [JSONParser]
    renderer_classes = [JSONRenderer]
    http_method_names = ["get", "post", "patch", "head"]
    couriers_actions: ClassVar[Collection[str]] = ()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        if rate := settings.RATE_PER_ADDRESS:
            self._spend(by_address, rate, address_of(request))
        super().initial(request, *args, **kwargs)
        if request.auth and (rate := settings.RATE_PER_TOKEN):
            self._spend(by_token, rate, _whose(request))
        if request.method in WRITES and HEADER in request.headers and self.action in self.action_map.values():
            name = request.method.lower()
            setattr(self, name, partial(self._once, getattr(self, name)))

    def _spend(self, meter: Meter, rate: Rate, client: str) -> None:
        """Count the request, and tell the client where he stands. Raises Throttled."""
        spent = meter.spend(rate, client)
        self.headers |= spent.headers()
        if spent.wait:
            raise Throttled(spent.wait, "Too many requests.", "too_many_requests")

    def _once(self, handler: Callable[..., Any], request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        """Handle a request that its client names by a key."""

        def answer() -> HttpResponse:
            try:
                response = handler(request, *args, **kwargs)
            except AWAY:
                raise
            except Exception as exc:
                response = self.handle_exception(exc)
            rendered: HttpResponse = self.finalize_response(request, response, *args, **kwargs).render()
            return rendered

        return answered_once(request._request, answer, scope=_whose(request))


def _whose(request: Request) -> str:
    """By which token; all are one where the API is open."""
    return f"token {request.auth.pk}" if request.auth else OPEN


def read_object(request: Request, fields: Collection[str]) -> dict[str, Any]:
    """Return the request's JSON object. Raises BrokenJSON (400) and UnsupportedMediaType (415).

    DRF's own `request.data` takes an empty body for `{}`. A body longer than any good one is read as a stream: made
    whole, 32 MiB of empty lists take a gigabyte, and the interpreter for seconds.
    """
    body: bytes = request.body
    _require_json(request, is_sent=bool(body))
    return loads_object(body) if len(body) <= LONGEST else _streamed(BytesIO(body), fields).members()


def read_import(request: Request, fields: Collection[str]) -> JSONBody:
    """Return the request's JSON object as a stream: see `read_object`.

    What is read is let go, so that the body and what is made of it are never whole in memory at once.
    """
    length = int(request.META.get("CONTENT_LENGTH") or 0)
    if length > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
        raise RequestDataTooBig
    _require_json(request, is_sent=length > 0)
    kept = getattr(request._request, "_body", None)  # read whole before, for the request's key
    source = request._request if kept is None else BytesIO(kept)
    return _streamed(source, fields)


def _streamed(source: Any, fields: Collection[str]) -> JSONBody:
    pieces = iter(partial(source.read, PIECE), b"")
    return JSONBody(codecs.iterdecode(pieces, "utf-8"), fields)


def _require_json(request: Request, *, is_sent: bool) -> None:
    sent_type = request.META.get("CONTENT_TYPE", "")
    media_type = sent_type.partition(";")[0].strip().lower()
    charset = (request.content_params or {}).get("charset", "utf-8").lower()
    if (media_type != JSONParser.media_type or charset not in ("utf-8", "utf8")) and (sent_type or is_sent):
        raise UnsupportedMediaType(sent_type, detail="The body must be sent as application/json in UTF-8.")


def exception_handler(exc: Exception, context: dict[str, Any]) -> Response | None:
    """Turn what a view raises into the contract's answer; None leaves a bug to `refusals.server_error`."""
    set_rollback()
    match exc:
        case ValidationFailed():
            return Response({"validation_error": exc.report}, HTTPStatus.BAD_REQUEST)
        case BrokenJSON():
            return Response(refusal("broken_json", f"The body cannot be read as JSON: {exc}."), HTTPStatus.BAD_REQUEST)
        case KeyReused():
            return Response(exc.body(), HTTPStatus.UNPROCESSABLE_ENTITY)
        case NotFound() if context["kwargs"]:  # the id came in the path; in the body it makes a bad request
            return Response(exc.body(), HTTPStatus.NOT_FOUND)
        case DomainError():
            return Response(exc.body(), HTTPStatus.BAD_REQUEST)
        case Http404():
            return Response(refusal("not_found", "There is nothing at this URL."), HTTPStatus.NOT_FOUND)
        case RequestDataTooBig():
            return Response(TOO_LARGE, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        case APIException():
            answer = refusal(getattr(exc.detail, "code", exc.default_code), str(exc.detail))
            return Response(answer, exc.status_code, headers=_headers(exc))
        case _ if isinstance(exc, AWAY):
            log_away(context["request"].path, exc)
            return Response(UNAVAILABLE, HTTPStatus.SERVICE_UNAVAILABLE, headers=RETRY_AFTER)
    return None


def _headers(exc: APIException) -> dict[str, str]:
    """Of 401 what the client is to send, of 429 the seconds after which he may call again; DRF leaves them there."""
    told = {"WWW-Authenticate": getattr(exc, "auth_header", None), "Retry-After": getattr(exc, "wait", None)}
    return {name: str(value) for name, value in told.items() if value is not None}


TOO_LARGE = refusal(
    "body_too_large",
    f"The body is over the limit of {settings.DATA_UPLOAD_MAX_MEMORY_SIZE} bytes; send it in parts.",
)

"""OpenAPI: what drf-spectacular cannot read off our fields, filters and refusals."""

# drf-spectacular leaves some of its base classes without annotations.
# mypy: disable-error-code="no-untyped-call"

from typing import Any, ClassVar

from django.conf import settings
from drf_spectacular.extensions import (
    OpenApiAuthenticationExtension,
    OpenApiFilterExtension,
    OpenApiSerializerExtension,
    OpenApiSerializerFieldExtension,
)
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, PolymorphicProxySerializer
from rest_framework import serializers

from sweets_store.api import TOO_LARGE
from sweets_store.away import RETRY_AFTER_SECONDS, UNAVAILABLE
from sweets_store.errors import refusal
from sweets_store.idempotency import HEADER, KeyReused
from sweets_store.ids import MAX_ID
from sweets_store.serializers import MAX_ITEMS, WeightField

Schema = dict[str, Any]

ID: Schema = {"type": "integer", "minimum": 1, "maximum": MAX_ID}
_TIME = "([01][0-9]|2[0-3]):[0-5][0-9]"
_TEXTS: Schema = {"type": "object", "additionalProperties": {"type": "string"}}


# Fields


class _FieldExtension(OpenApiSerializerFieldExtension):
    """`schema` is what the field takes and gives."""

    schema: ClassVar[Schema]

    def map_serializer_field(self, auto_schema: Any, direction: str) -> Schema:
        return dict(self.schema)


class IdExtension(_FieldExtension):
    target_class = "sweets_store.serializers.IdField"
    schema = ID


class RegionsExtension(_FieldExtension):
    target_class = "sweets_store.serializers.RegionsField"
    schema = {"type": "array", "items": ID, "maxItems": MAX_ITEMS}


class HoursExtension(_FieldExtension):
    target_class = "sweets_store.serializers.HoursField"
    schema = {
        "type": "array",
        "items": {"type": "string", "pattern": f"^{_TIME}-{_TIME}$", "description": "Starts before it ends."},
        "maxItems": MAX_ITEMS,
    }


class ChoiceExtension(_FieldExtension):
    target_class = "sweets_store.serializers.ChoiceField"

    def map_serializer_field(self, auto_schema: Any, direction: str) -> Schema:
        return {"type": "string", "enum": list(self.target.choices)}


class WeightExtension(_FieldExtension):
    target_class = "sweets_store.serializers.WeightField"
    schema = {
        "type": "number",
        "minimum": float(WeightField.LIGHTEST),
        "maximum": float(WeightField.HEAVIEST),
        "description": "Kilograms.",
    }

    def map_serializer_field(self, auto_schema: Any, direction: str) -> Schema:
        # Not in answers: many a validator reckons in floats, where 0.07 is no multiple of 0.01.
        return self.schema | ({"multipleOf": 0.01} if direction == "request" else {})


class InstantExtension(_FieldExtension):
    target_class = "sweets_store.serializers.InstantField"

    def map_serializer_field(self, auto_schema: Any, direction: str) -> Schema:
        instant = {"type": "string", "format": "date-time"}
        if direction == "request":
            return instant | {"description": "RFC 3339 with an offset."}
        return instant | {"description": "UTC, microseconds.", "pattern": r"T[0-9:]{8}\.[0-9]{6}Z$"}


# Objects


class WrittenOut(serializers.Serializer):
    """An object that no fields describe: `schema` is written out."""

    schema: ClassVar[Schema]


class WrittenOutExtension(OpenApiSerializerExtension):
    target_class = "sweets_store.schema.WrittenOut"
    match_subclasses = True
    priority = 1

    def map_serializer(self, auto_schema: Any, direction: str) -> Schema:
        return dict(self.target.schema)


class StrictObjectExtension(OpenApiSerializerExtension):
    """Objects hold the named fields and no others."""

    target_class = "rest_framework.serializers.Serializer"
    match_subclasses = True
    priority = -2  # behind drf-spectacular's own for PolymorphicProxySerializer

    def map_serializer(self, auto_schema: Any, direction: str) -> Schema:
        schema: Schema = auto_schema._map_serializer(self.target, direction, bypass_extensions=True)
        return schema | {"additionalProperties": False}


class Refusal(WrittenOut):
    schema = {
        "type": "object",
        "properties": {
            "code": {"type": "string", "pattern": "^[a-z_]+$", "description": "Stable: for machines."},
            "detail": {"type": "string", "minLength": 1, "description": "For people."},
        },
        "required": ["code", "detail"],
        "additionalProperties": False,
    }


class FieldsReport(WrittenOut):
    schema = {
        "type": "object",
        "description": "Every bad field of the body with what is wrong with it.",
        "properties": {"validation_error": _TEXTS | {"minProperties": 1}},
        "required": ["validation_error"],
        "additionalProperties": False,
    }


def objects_report(list_name: str) -> Schema:
    """The report on objects; an import whose top level alone is bad gets the names of its fields instead."""
    bad_object = {"type": "object", "properties": {"id": ID}, "required": ["id"], "additionalProperties": False}
    objects = {
        "type": "object",
        "properties": {list_name: {"type": "array", "items": bad_object}},
        "required": [list_name],
        "additionalProperties": {"anyOf": [_TEXTS, {"type": "string"}]},
    }
    return {
        "type": "object",
        "description": (
            f"Every bad object with every bad field: `{list_name}` lists those with a usable id; under each id, or"
            " under `data[<index>]` where there is none, stands what is wrong with each field; `__core__` is the object"
            " itself. Past 10,000 bad objects `data` says how many more there are."
        ),
        "properties": {"validation_error": {"anyOf": [objects, _TEXTS | {"minProperties": 1}]}},
        "required": ["validation_error"],
        "additionalProperties": False,
    }


class CouriersReport(WrittenOut):
    schema = objects_report("couriers")


class OrdersReport(WrittenOut):
    schema = objects_report("orders")


# Answers


def refused(description: str, *bodies: dict[str, str], report: type[WrittenOut] | None = None) -> OpenApiResponse:
    """A refusal with its bodies as examples; with `report`, the validation report or a refusal."""
    examples = [OpenApiExample(body["code"], value=body, response_only=True) for body in bodies]
    if report is None:
        return OpenApiResponse(Refusal, description=description, examples=examples)
    either = PolymorphicProxySerializer(
        component_name=f"{report.__name__}OrRefusal", serializers=[report, Refusal], resource_type_field_name=None
    )
    return OpenApiResponse(either, description=description, examples=examples)


BROKEN_JSON = refusal("broken_json", "The body cannot be read as JSON: the body is empty.")
BAD_PARAMETERS = refusal("bad_parameters", "limit: must be an integer from 1 to 1000; page: is unknown.")
BAD_HOST = refusal("unknown_host", "Invalid HTTP_HOST header: 'evil'.")
UNSUPPORTED = refusal("unsupported_media_type", "The body must be sent as application/json in UTF-8.")

KEY_REUSED = KeyReused().body()
IDEMPOTENCY_KEY = OpenApiParameter(
    HEADER,
    {"type": "string", "minLength": 1, "maxLength": 257},
    OpenApiParameter.HEADER,
    description=(
        "The client's name for this request, such as a UUID. Sent again with the same key within a day, it is done no"
        " second time: its first answer comes again, with `Idempotency-Replayed: true`."
    ),
)

TOKEN_MISSING = refusal("token_missing", "Send the header Authorization: Token ….")
NOT_IN_SCOPE = refusal("not_in_scope", "A token of the scope courier is not for this.")
TOO_OFTEN = refusal("too_many_requests", "Too many requests. Expected available in 2 seconds.")

ANYWHERE = {
    401: refused("The store asks for tokens, and none that it knows was sent.", TOKEN_MISSING),
    403: refused("The token is not for this.", NOT_IN_SCOPE),
    429: refused("Too many requests: send the next one after the seconds of Retry-After.", TOO_OFTEN),
    503: refused("The database is away, or locked too long. Nothing was changed.", UNAVAILABLE),
}


def answers_to_get(
    success: Any, *unknown: dict[str, str], bad: dict[str, str] = BAD_HOST, anyone: bool = False
) -> dict[int, Any]:
    """The answers to GET of one record; `anyone`: tokens of every scope are for it."""
    refusals = {400: refused("No request for this store.", bad), 404: refused("There is no such record.", *unknown)}
    return (
        {200: success} | refusals | {status: told for status, told in ANYWHERE.items() if status != 403 or not anyone}
    )


def answers_to_list(success: Any, unknown: dict[str, str] | None = None) -> dict[int, Any]:
    """`unknown` is the refusal where the list is a record's."""
    answers = {200: success, 400: refused("Bad parameters, all of them named.", BAD_PARAMETERS)} | ANYWHERE
    return answers | ({404: refused("There is no such record.", unknown)} if unknown else {})


def answers_to_body(
    success: dict[int, Any], *declined: dict[str, str], report: type[WrittenOut], unknown: dict[str, str] | None = None
) -> dict[int, Any]:
    """The answers to a request with a body. `declined`: what the business answers to well-formed ones."""
    refusals = {
        400: refused("A bad body; nothing was changed.", BROKEN_JSON, *declined, report=report),
        413: refused("The body is over the limit.", TOO_LARGE),
        415: refused("The body is of another content type.", UNSUPPORTED),
        422: refused("The Idempotency-Key came with another request before; nothing was changed.", KEY_REUSED),
    }
    if unknown is not None:
        refusals[404] = refused("There is no such record.", unknown)
    return success | refusals | ANYWHERE


class TokenExtension(OpenApiAuthenticationExtension):
    target_class = "access.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> Schema:
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "`Token …`, where the store asks for tokens (API_ACCESS).",
        }


class OpenApiSchema(AutoSchema):
    def get_auth(self) -> list[dict[str, Any]]:
        asked: list[dict[str, Any]] = super().get_auth()
        return [*asked, {}] if settings.API_ACCESS == "open" else asked

    def get_description(self) -> str:  # type: ignore[override]  # drf-spectacular passes no path or method
        return ""  # docstrings speak to us, not to clients

    def get_override_parameters(self) -> list[Any]:
        seconds = {"type": "integer", "minimum": RETRY_AFTER_SECONDS}
        retry = OpenApiParameter(
            "Retry-After", seconds, "header", required=True, response=[503], description="Seconds until another try."
        )
        return [*super().get_override_parameters(), retry]

    def get_paginated_name(self, serializer_name: str) -> str:
        return f"{serializer_name}Page"


class StrictFiltersExtension(OpenApiFilterExtension):
    target_class = "sweets_store.lists.StrictFilters"
    priority = 1

    def get_schema_operation_parameters(self, auto_schema: Any, *args: Any, **kwargs: Any) -> list[Schema]:
        filters = auto_schema.view.filterset_class.base_filters
        return [
            {"name": name, "in": "query", "schema": listed.schema, "description": listed.description}
            for name, listed in filters.items()
        ]

"""Lists of the API: pages by cursor, strict filters (contract, "Beside the six")."""

import re
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.core.signing import BadSignature, Signer
from django.db.models import QuerySet
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework.exceptions import ParseError
from rest_framework.mixins import ListModelMixin
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from sweets_store.api import ApiViewSet
from sweets_store.ids import ID_PATTERN, MAX_ID, parse_id
from sweets_store.instants import parse_instant

PAGE, LONGEST_PAGE = 100, 1_000
Schema = dict[str, Any]

_WEIGHT = re.compile(r"(0|[1-9][0-9]?)(\.[0-9]{1,2})?")
_CURSOR = re.compile(f"(after|before)-({ID_PATTERN})")
_SIGNATURE = ":[A-Za-z0-9_-]{43}"


class Cursor(NamedTuple):
    """Where a page stands: right after the record of that id or, walking back, right before it.

    As text it is signed, so that only what an answer held comes back.
    """

    direction: str
    record_id: int

    def __str__(self) -> str:
        return Signer(salt="cursor").sign(f"{self.direction}-{self.record_id}")


# What a parameter's text means. Each raises ValueError, whose text says what is wrong.


def parse_weight(text: str) -> Decimal:
    if _WEIGHT.fullmatch(text) is None:
        raise ValueError("must be kilograms from 0 to 99.99 with at most two decimals, such as 0.5")
    return Decimal(text)


def parse_boolean(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError("must be true or false")
    return text == "true"


def parse_limit(text: str) -> int:
    if re.fullmatch(ID_PATTERN, text) is None or (limit := int(text)) > LONGEST_PAGE:
        raise ValueError(f"must be an integer from 1 to {LONGEST_PAGE}")
    return limit


def parse_cursor(text: str) -> Cursor:
    try:
        match = _CURSOR.fullmatch(Signer(salt="cursor").unsign(text))
    except BadSignature:
        match = None
    if match is None:
        raise ValueError("must come from the next or previous of an answer; start again without it")
    return Cursor(match[1], parse_id(match[2]))


# Parameters of any GET

Parsers = Mapping[str, Callable[[str], Any]]


def required_parameters(request: Request, parsers: Parsers) -> dict[str, Any]:
    """Return what the parameters mean. Refuses what is missing, bad, unknown, empty or repeated, all in one answer."""
    missing = {name: "is required" for name in parsers if name not in request.query_params}
    refuse_parameters(missing | parameter_faults(request, parsers))
    return {name: parse(request.query_params[name]) for name, parse in parsers.items()}


def parameter_faults(request: Request, parsers: Parsers, others: Iterable[str] = ()) -> dict[str, str]:
    """What is wrong with the parameters; what the `others` mean is not looked at."""
    known = [*others, *parsers]
    faults = {}
    for name, values in request.query_params.lists():
        if name not in known:
            faults[name] = f"is unknown; known: {', '.join(known)}"
        elif len(values) > 1:
            faults[name] = "stands more than once"
        elif not values[0]:
            faults[name] = "is empty"
        elif name in parsers:
            try:
                parsers[name](values[0])
            except ValueError as fault:
                faults[name] = str(fault)
    return faults


def refuse_parameters(faults: Mapping[str, str]) -> None:
    if faults:
        detail = "; ".join(f"{name}: {message}" for name, message in faults.items())
        raise ParseError(f"{detail}.", code="bad_parameters")


# Filters


class _ParsedField(forms.CharField):
    """A form field over one of our own parsers."""

    def __init__(self, *, parse: Callable[[str], Any], **kwargs: Any) -> None:
        super().__init__(strip=False, **kwargs)
        self.parse = parse

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        try:
            return self.parse(text)
        except ValueError as fault:
            raise ValidationError(str(fault)) from None


class ParsedFilter(django_filters.Filter):
    """`schema` and `description` are what OpenAPI says of the parameter."""

    field_class = _ParsedField
    schema: Schema

    def __init__(self, *, description: str, **kwargs: Any) -> None:
        super().__init__(parse=self.parse, **kwargs)
        self.description = description

    def parse(self, text: str) -> Any:
        raise NotImplementedError


class IdFilter(ParsedFilter):
    schema = {"type": "integer", "minimum": 1, "maximum": MAX_ID}
    parse = staticmethod(parse_id)


class WeightFilter(ParsedFilter):
    schema = {"type": "number", "minimum": 0, "maximum": 99.99, "multipleOf": 0.01}
    parse = staticmethod(parse_weight)


class InstantFilter(ParsedFilter):
    schema = {"type": "string", "format": "date-time"}
    parse = staticmethod(parse_instant)


class BooleanFilter(ParsedFilter):
    schema = {"type": "boolean"}
    parse = staticmethod(parse_boolean)


class WordFilter(ParsedFilter):
    """One of a few words."""

    def __init__(self, words: Iterable[str], **kwargs: Any) -> None:
        self.words = list(words)
        self.schema = {"type": "string", "enum": self.words}
        super().__init__(**kwargs)

    def parse(self, text: str) -> str:
        if text not in self.words:
            raise ValueError(f"must be one of: {', '.join(self.words)}")
        return text


class StrictFilters(DjangoFilterBackend):
    """Refuses every parameter of a list that is bad, unknown, empty or repeated, all in one answer."""

    def filter_queryset(self, request: Any, queryset: QuerySet[Any], view: Any) -> QuerySet[Any]:
        filters: Any = self.get_filterset(request, queryset, view)
        faults = {name: " ".join(map(str, messages)) for name, messages in filters.errors.items()}
        faults |= parameter_faults(request, ListPages.parsers, others=filters.filters)
        refuse_parameters(faults)
        filtered: QuerySet[Any] = filters.qs
        return filtered


# Pages


class ListPages(BasePagination):
    """Pages by primary key: the millionth costs what the first does, and records that come or go shift no page.

    StrictFilters has found the parameters sound.
    """

    parsers: Parsers = {"limit": parse_limit, "cursor": parse_cursor}

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        texts = request.query_params
        asked = {name: parse(texts[name]) for name, parse in self.parsers.items() if name in texts}
        limit, cursor = asked.get("limit", PAGE), asked.get("cursor")
        back = cursor is not None and cursor.direction == "before"
        if cursor is not None:
            queryset = queryset.filter(**{"pk__lt" if back else "pk__gt": cursor.record_id})
        records = list(queryset.order_by("-pk" if back else "pk")[: limit + 1])

        more, page = len(records) > limit, records[:limit]
        if back:
            page.reverse()
        # One record beyond the page tells whether more follow; on its other side lies what the client came from.
        has_previous, has_next = (more, True) if back else (cursor is not None, more)
        url = request.build_absolute_uri()
        self.previous = self._link(url, "before", page[0].pk) if page and has_previous else None
        self.next = self._link(url, "after", page[-1].pk) if page and has_next else None
        return page

    @staticmethod
    def _link(url: str, direction: str, record_id: int) -> str:
        link: str = replace_query_param(url, "cursor", Cursor(direction, record_id))
        return link

    def get_paginated_response(self, data: Any) -> Response:
        return Response({"next": self.next, "previous": self.previous, "results": data})

    def get_paginated_response_schema(self, schema: Schema) -> Schema:
        link = {"type": ["string", "null"], "format": "uri"}
        return {
            "type": "object",
            "properties": {
                "next": link | {"description": "The next page; null on the last."},
                "previous": link | {"description": "The page before; null on the first."},
                "results": {"maxItems": LONGEST_PAGE, **schema},
            },
            "required": ["next", "previous", "results"],
            "additionalProperties": False,
        }

    def get_schema_operation_parameters(self, view: Any) -> list[Schema]:
        limit = {"type": "integer", "minimum": 1, "maximum": LONGEST_PAGE, "default": PAGE}
        cursor = {"type": "string", "pattern": f"^{_CURSOR.pattern}{_SIGNATURE}$"}
        return [
            {"name": "limit", "in": "query", "schema": limit, "description": "Records a page."},
            {"name": "cursor", "in": "query", "schema": cursor, "description": "From `next` or `previous`."},
        ]


class ListedViewSet(ListModelMixin, ApiViewSet):
    """GET of all records. `filterset_class` declares the filters."""

    filter_backends = [StrictFilters]
    pagination_class = ListPages

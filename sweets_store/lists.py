"""Lists of the API: pages by cursor, strict filters (contract, "Beside the six")."""

import re
from typing import Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework.exceptions import NotFound, ParseError
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.request import Request

from sweets_store.api import ApiViewSet
from sweets_store.instants import parse_instant
from sweets_store.serializers import MAX_ID

_ID = re.compile("[1-9][0-9]{0,18}")
_WEIGHT = re.compile(r"[0-9]{1,2}(\.[0-9]{1,2})?")


def parse_id(text: str) -> int:
    """Return the id that a query names. Raises ValueError."""
    if _ID.fullmatch(text) is None or (number := int(text)) > MAX_ID:
        raise ValueError(f"must be an integer from 1 to {MAX_ID}")
    return number


def _parse_weight(text: str) -> str:
    if _WEIGHT.fullmatch(text) is None:
        raise ValueError("must be kilograms with at most two decimals, such as 0.5")
    return text


def _parse_boolean(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError("must be true or false")
    return text == "true"


class _ParsedField(forms.CharField):
    """A form field over one of our own parsers, which say themselves what is wrong."""

    def __init__(self, *, parse: Any, **kwargs: Any) -> None:
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


class _ParsedFilter(django_filters.Filter):
    field_class = _ParsedField


class IdFilter(_ParsedFilter):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(parse=parse_id, **kwargs)


class WeightFilter(_ParsedFilter):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(parse=_parse_weight, **kwargs)


class InstantFilter(_ParsedFilter):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(parse=parse_instant, **kwargs)


class BooleanFilter(_ParsedFilter):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(parse=_parse_boolean, **kwargs)


class ListPages(CursorPagination):
    """100 rows a page, `limit` up to 1,000, by the primary key: the millionth page costs what the first does."""

    ordering = "pk"
    page_size = 100
    max_page_size = 1_000
    page_size_query_param = "limit"

    def get_page_size(self, request: Request) -> int:
        text = request.query_params.get("limit")
        if text is None:
            return self.page_size
        if _ID.fullmatch(text) is None or (limit := int(text)) > self.max_page_size:
            raise ParseError(f"limit: must be an integer from 1 to {self.max_page_size}.", code="bad_parameters")
        return limit

    def decode_cursor(self, request: Request) -> Cursor | None:
        try:
            cursor = super().decode_cursor(request)
            if cursor is not None and cursor.position is not None:
                parse_id(cursor.position)
        except (NotFound, ValueError):
            raise ParseError(
                "cursor: must come from the next or previous of an answer; start again without it.",
                code="bad_parameters",
            ) from None
        return cursor


class StrictFilters(DjangoFilterBackend):
    """Refuses, beside bad values, the parameters that are unknown, empty or repeated."""

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: Any) -> QuerySet[Any]:
        filters = self.get_filterset(request, queryset, view)
        known = [*filters.filters, ListPages.page_size_query_param, ListPages.cursor_query_param]
        faults = {name: " ".join(messages) for name, messages in filters.errors.items()}
        for name, values in request.query_params.lists():
            if name not in known:
                faults[name] = f"is unknown; known are: {', '.join(known)}"
            elif len(values) > 1:
                faults[name] = "stands more than once"
            elif not values[0]:
                faults[name] = "is empty"
        if faults:
            detail = "; ".join(f"{name}: {message}" for name, message in faults.items())
            raise ParseError(f"{detail}.", code="bad_parameters")
        return filters.qs


class ListedViewSet(ListModelMixin, RetrieveModelMixin, ApiViewSet):
    """GET of all records and of one. `queryset` is ordered by primary key; `filterset_class` declares the filters."""

    filter_backends = [StrictFilters]
    pagination_class = ListPages

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        # RetrieveModelMixin would filter, too: a single record is found by its id alone.
        return super().filter_queryset(queryset) if self.action == "list" else queryset

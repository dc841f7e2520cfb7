"""Lists of the admin that find and show their page fast among millions."""

from collections.abc import Collection, Mapping
from datetime import timedelta
from functools import cached_property
from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.admin.views.main import ORDER_VAR
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.views import ChangeList

from sweets_store.admin.search import within
from sweets_store.admin.values import grouped
from sweets_store.ids import MAX_ID
from sweets_store.instants import shop_day

COUNTED = 10_000
PAGES_AHEAD = 10


class AtLeast(int):
    """A number at which counting was broken off: it reads "10,000+"."""

    def __str__(self) -> str:
        return f"{grouped(int(self))}+"


class CountedPaginator(Paginator):
    """Says how many there are in words that are right for every number."""

    template_name = "sweets_store/counted.html"  # which the theme looks for


class BoundedPaginator(CountedPaginator):
    """Counts no further than `horizon`: counting a million rows takes longer than showing the hundred asked for."""

    horizon = COUNTED

    @cached_property
    def count(self) -> int:
        records: Any = self.object_list
        found: int = records.order_by()[: self.horizon + 1].count()
        return found if found <= self.horizon else AtLeast(self.horizon)


class Listing(ChangeList):
    """A list in the order of its index, which the columns' heads change only where all of it could be counted.

    Parameters that no filter knows are passed over, and a page beyond the end is the last one.
    """

    model_admin: Any  # sweets_store.admin.records.RecordAdmin, which stands above
    list_filter: list[type[admin.SimpleListFilter]]

    def get_filters_params(self, params: Any = None) -> dict[str, Any]:
        known = {list_filter.parameter_name for list_filter in self.list_filter}
        return {name: value for name, value in super().get_filters_params(params).items() if name in known}

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> list[Any]:
        return list(self.model_admin.get_ordering(request))

    def get_ordering_field_columns(self) -> dict[int, Any]:
        return super().get_ordering_field_columns() if ORDER_VAR in self.params else {}

    def get_results(self, request: HttpRequest) -> None:
        """Read the page: first its ids, from an index if it is far back, then what the rows show."""
        paginator: Any = self.model_admin.get_paginator(request, self.queryset, self.list_per_page)
        paginator.horizon = min(max(COUNTED, (self.page_num + PAGES_AHEAD) * self.list_per_page), MAX_ID - 1)
        self.paginator, self.result_count = paginator, paginator.count
        if isinstance(self.result_count, AtLeast) or self.result_count > COUNTED:
            self.sortable_by = ()
        elif ORDER_VAR in self.params:
            paginator.object_list = self.queryset.order_by(*super().get_ordering(request, self.queryset))

        self.page_num = min(max(1, self.page_num), paginator.num_pages)
        ids = list(paginator.page(self.page_num).object_list.values_list("pk", flat=True))
        rows = self.model_admin.listed_rows().in_bulk(ids)
        self.result_list = [rows[row_id] for row_id in ids if row_id in rows]
        self.multi_page = paginator.num_pages > 1
        self.can_show_all = self.show_full_result_count = False
        self.show_admin_actions = True
        self.full_result_count = self.result_count


class ChoiceFilter(admin.SimpleListFilter):
    """A few words to choose from. Another value filters nothing."""

    words: ClassVar[Collection[str]]

    def narrowed(self, records: Any, word: str) -> Any:
        raise NotImplementedError

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(word, _(word)) for word in self.words]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        word = self.value() or ""
        narrowed: QuerySet[Any] = self.narrowed(queryset, word) if word in self.words else queryset
        return narrowed


class AssignedFilter(ChoiceFilter):
    """By the day of assignment, of which `lookup` is the column."""

    title = gettext_lazy("assigned")
    parameter_name = "assigned"
    lookup = "assign_time"
    days: ClassVar[Mapping[str, tuple[int, int]]] = {
        "today": (0, 0),
        "yesterday": (-1, -1),
        "past 7 days": (-6, 0),
        "past 30 days": (-29, 0),
    }
    words = days

    def narrowed(self, records: QuerySet[Any], word: str) -> QuerySet[Any]:
        today = timezone.localtime().date()
        first, last = (today + timedelta(days=days) for days in self.days[word])
        return records.filter(within(self.lookup, shop_day(first)[0], shop_day(last)[1]))

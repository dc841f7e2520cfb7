"""What the admin's pages of all records have in common: found fast among millions, read by people, never written."""

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any, ClassVar, NamedTuple

from django.apps import apps
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import label_for_field, lookup_field
from django.contrib.admin.views.main import ORDER_VAR
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.core.paginator import Paginator
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin
from unfold.views import ChangeList

from sweets_store.ids import ID_PATTERN, MAX_ID, parse_id
from sweets_store.instants import shop_day, shop_time

COUNTED = 10_000
PAGES_AHEAD = 10
MAX_SOUGHT = 100
SHOWN_IN_A_LIST = 4
MAX_EXPLAINED = 25
EVENTS_SHOWN = 50


MAYBE_ID = re.compile(ID_PATTERN)

# How values read

NOTHING = "–"


def record_link(model: str, record_id: int) -> SafeString:
    """A link to the page of a record; `model` is `<app>_<model>`."""
    url = reverse(f"admin:{model}_change", args=[record_id])
    kind = apps.get_model(model.replace("_", "."))._meta.verbose_name
    return unbroken(format_html('<a href="{}">{} {}</a>', url, capfirst(kind), record_id))


def search_link(model: str, sought: str, text: str) -> SafeString:
    """A link to the list of what a search finds."""
    url = reverse(f"admin:{model}_changelist")
    return unbroken(format_html('<a href="{}?{}">{}</a>', url, urlencode({"q": sought}), text))


def kilograms(weight: Decimal) -> SafeString:
    return unbroken(_("%(weight).2f kg") % {"weight": weight})


def moment(instant: datetime | None) -> SafeString:
    """The instant in the shop's time zone, to the second."""
    return unbroken(NOTHING if instant is None else f"{shop_time(instant):%Y-%m-%d %H:%M:%S}")


def listed(items: Iterable[Any]) -> SafeString | str:
    """All the items, parted by commas."""
    return format_html_join(", ", "{}", ((unbroken(item),) for item in items)) or NOTHING


def listed_briefly(items: list[Any]) -> SafeString | str:
    """The first few of the items and how many more there are."""
    shown = listed(items[:SHOWN_IN_A_LIST])
    more = len(items) - SHOWN_IN_A_LIST
    return format_html(_("{} and {} more"), shown, more) if more > 0 else shown


def unbroken(value: Any) -> SafeString:
    """The value on one line."""
    return format_html('<span style="white-space: nowrap">{}</span>', value)


# Lists


class AtLeast(int):
    """A number at which counting was broken off: it reads "10,000+"."""

    def __str__(self) -> str:
        return f"{int(self):,}+"


class BoundedPaginator(Paginator):
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

    model_admin: "RecordAdmin"
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


def within(lookup: str, start: datetime, end: datetime) -> Q:
    return Q((f"{lookup}__gte", start), (f"{lookup}__lt", end))


class ChosenAdmin(ModelAdmin):
    """Records that are chosen from their list for an action. Django fails where what was sent is no id."""

    def response_action(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse | None:
        try:
            for chosen in request.POST.getlist(ACTION_CHECKBOX_NAME):
                parse_id(chosen)
        except ValueError:
            raise SuspiciousOperation("What was chosen is no record.") from None
        return super().response_action(request, *args, **kwargs)


class RecordAdmin(ChosenAdmin):
    """The records of one table: what `facts` and `list_display` show. Whoever may see them may not write them here.

    `search_words`: what a search may name, each with its lookup; a number with no word before it is of the first.
    `search_day`: the lookup of a day in a search, such as 2026-01-10.
    """

    admin_site: Any  # dispatchers.site.DispatcherSite, which stands above
    facts: ClassVar[list[str]]
    search_words: ClassVar[Mapping[str, str]]
    search_day: ClassVar[str | None] = None

    fields = ()
    list_disable_select_all = True
    list_per_page = 100
    paginator = BoundedPaginator
    search_fields = ("pk",)  # only says that there is a search: see get_search_results
    show_facets = admin.ShowFacets.NEVER
    show_full_result_count = False
    change_form_template = "sweets_store/record.html"

    def happened(self, record: Any) -> QuerySet[Any]:
        """What the record tells of it: `record.models.Event`."""
        raise NotImplementedError

    def listed_rows(self) -> QuerySet[Any]:
        """The rows with all that a list shows of them, by one statement."""
        rows: QuerySet[Any] = self.model._default_manager.all()
        return rows

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> Any:
        return Listing

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, str] | None = None) -> TemplateResponse:
        return super().changelist_view(request, {"title": capfirst(str(self.opts.verbose_name_plural))})

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """The site's deeds, done to the records that were chosen."""
        return {
            deed.name: (self._action(deed), deed.name, deed.title) for deed in self._deeds(request) if deed.from_lists
        }

    def _deeds(self, request: HttpRequest) -> list[Any]:
        deeds: list[Any] = self.admin_site.deeds_for(request, self.model)
        return deeds

    def _action(self, deed: Any) -> Callable[..., HttpResponse]:
        def action(model_admin: "RecordAdmin", request: HttpRequest, records: QuerySet[Any]) -> HttpResponse:
            chosen = request.POST.getlist(ACTION_CHECKBOX_NAME)
            page: HttpResponse = self.admin_site.begin_deed(request, deed, chosen)
            return page

        return action

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        record = context["original"]
        facts = [(label_for_field(name, self.model, self), self.shown(record, name)) for name in self.facts]
        shown = {"facts": facts, "deeds": self._deeds(request), "links": self.links(request, record)}
        shown |= self._timeline(request, record)
        return super().render_change_form(request, context | shown, *args, **kwargs)

    def links(self, request: HttpRequest, record: Any) -> list[tuple[str, str]]:
        """Where the record's page leads, beside its deeds: titles and URLs."""
        return []

    def _timeline(self, request: HttpRequest, record: Any) -> dict[str, Any]:
        """The last events, the newest first; `older_url` leads to those before."""
        events = self.happened(record).order_by("-pk")
        if before := MAYBE_ID.fullmatch(request.GET.get("before", "")):
            events = events.filter(pk__lt=min(int(before[0]), MAX_ID))
        following = list(events[: EVENTS_SHOWN + 1])
        page = following[:EVENTS_SHOWN]
        return {
            "events": [(moment(event.at), event, self._concerned(event, record)) for event in page],
            "older_url": f"?{urlencode({'before': page[-1].pk})}#events" if len(following) > EVENTS_SHOWN else None,
        }

    def _concerned(self, event: Any, record: Any) -> SafeString:
        """Links to whom and what the event has to do with, beside the record itself."""
        concerned = [
            ("orders_order", event.order_id),
            ("bundles_bundle", event.bundle_id),
            ("couriers_courier", event.courier_id),
        ]
        own = (f"{self.opts.app_label}_{self.opts.model_name}", record.pk)
        links = ((record_link(*each),) for each in concerned if each[1] is not None and each != own)
        return format_html_join(", ", "{}", links)

    def shown(self, record: Model, name: str) -> Any:
        """What a page shows of the record under the name of a field or a display."""
        return lookup_field(name, record, self)[2]

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Model | None:
        try:
            return self.get_queryset(request).filter(pk=parse_id(object_id)).first()
        except ValueError:
            return None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        try:
            return queryset.filter(self.sought(search_term)), False
        except ValueError as fault:
            self.message_user(request, f"{fault} {self.search_help_text}", messages.WARNING)
            return queryset.none(), False

    def sought(self, text: str) -> Q:
        """Return the condition that a search states: of one word any number, of several words all.

        Raises ValueError, whose text says what is not understood.
        """
        alternatives: defaultdict[str, Q] = defaultdict(Q)
        parts = [part for part in re.split(r"[\s,:=#]+", text.lower()) if part]
        if len(parts) > MAX_SOUGHT:
            raise ValueError(_("Search for at most %(most)s words and numbers at once.") % {"most": MAX_SOUGHT})
        word, missing = next(iter(self.search_words)), False
        for part in parts:
            if part in self.search_words and not missing:
                word, missing = part, True
            elif part.isascii() and part.isdigit():
                alternatives[word] |= self._numbered(self.search_words[word], part)
                missing = False
            elif self.search_day and re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", part):
                alternatives[self.search_day] |= self._on_day(self.search_day, part)
            else:
                raise ValueError(_which(word) if missing else _("“%(word)s” is not understood.") % {"word": part})
        if missing:
            raise ValueError(_which(word))
        return Q(*alternatives.values())

    @staticmethod
    def _numbered(lookup: str, digits: str) -> Q:
        try:
            return Q((lookup, parse_id(digits.lstrip("0"))))
        except ValueError:  # no record has such a number
            return Q(pk__in=[])

    @staticmethod
    def _on_day(lookup: str, text: str) -> Q:
        try:
            return within(lookup, *shop_day(date.fromisoformat(text)))
        except (ValueError, OverflowError):
            raise ValueError(_("There is no day %(day)s.") % {"day": text}) from None


def _which(word: str) -> str:
    return _("Which %(word)s?") % {"word": word}


# Why, why not


class Explained(NamedTuple):
    """Whether an assign now would give an order to a courier; `link` leads to the one of the two beside the record.

    Each of the `reasons` has a `code` and a `detail`; `would_do` are the changes of the courier in words.
    """

    link: SafeString
    can_take: bool
    reasons: Sequence[Any]
    would_do: Sequence[str]


class ExplainedAdmin(RecordAdmin):
    """Records whose page leads to another one that tells why orders are, or are not, a courier's.

    `others`, by the name of their model, are held against the record; `why_label` asks for their numbers.
    """

    why_label: ClassVar[Any]  # lazily translated
    others: ClassVar[str]

    def explained(self, record: Any, numbers: list[int]) -> list[Explained]:
        """Raises ValueError, whose text says which number is unknown."""
        raise NotImplementedError

    def get_urls(self) -> list[Any]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_why"
        return [path("<path:object_id>/why/", self.admin_site.admin_view(self.why), name=name), *super().get_urls()]

    def links(self, request: HttpRequest, record: Any) -> list[tuple[str, str]]:
        return [*super().links(request, record), (_("Why, why not?"), "../why/")]

    def why(self, request: HttpRequest, object_id: str) -> HttpResponse:
        record = self.get_object(request, object_id)
        others = apps.get_model(self.others)._meta
        if not self.has_view_permission(request, record) or not request.user.has_perm(
            f"{others.app_label}.view_{others.model_name}"
        ):
            raise PermissionDenied
        if record is None:
            back: HttpResponse = self._get_obj_does_not_exist_redirect(  # type: ignore[attr-defined]  # not in the stubs
                request, self.opts, object_id
            )
            return back
        asked, after = request.GET.get("numbers", ""), request.GET.get("after", "")
        explained: list[Explained] = []
        more = None
        try:
            numbers = read_numbers(asked)
            if not numbers:
                following = self.next_numbers(after)
                numbers = following[:MAX_EXPLAINED]
                more = f"?{urlencode({'after': numbers[-1]})}" if len(following) > MAX_EXPLAINED else None
            explained = self.explained(record, numbers)
        except ValueError as fault:
            self.message_user(request, capfirst(str(fault)), messages.WARNING)
        context = self.admin_site.each_context(request) | {
            "title": _("%(record)s: why, why not?") % {"record": record},
            "opts": self.opts,
            "original": record,
            "label": self.why_label,
            "column": capfirst(others.verbose_name),
            "numbers": asked,
            "explained": explained,
            "next_url": more,
            "next_label": _("The next %(records)s") % {"records": others.verbose_name_plural},
        }
        return TemplateResponse(request, "sweets_store/why.html", context)

    def next_numbers(self, after: str) -> list[int]:
        """The numbers shown where none are asked for, and one more if there are; `after` is the last shown before."""
        return []


def read_numbers(text: str) -> list[int]:
    """Return the ids that the text names, at most 25. Raises ValueError, whose text says what is wrong."""
    parts = [part for part in re.split(r"[\s,;#]+", text) if part]
    if len(parts) > MAX_EXPLAINED:
        raise ValueError(_("Ask for at most %(most)s numbers at once.") % {"most": MAX_EXPLAINED})
    try:
        return [parse_id(part) for part in parts]
    except ValueError:
        raise ValueError(_("Give numbers, such as 12, or several: 12, 15.")) from None

"""The admin's pages of all records: found fast among millions, read by people, never written."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import label_for_field, lookup_field
from django.core.exceptions import SuspiciousOperation
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.html import format_html_join
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from unfold.admin import ModelAdmin

from sweets_store.admin.lists import BoundedPaginator, CountedPaginator, Listing
from sweets_store.admin.search import sought
from sweets_store.admin.values import moment, record_link
from sweets_store.ids import parse_id

EVENTS_SHOWN = 50


class ChosenAdmin(ModelAdmin):
    """Records that are chosen from their list for an action. Django fails where what was sent is no id."""

    paginator = CountedPaginator

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
        with suppress(ValueError):
            events = events.filter(pk__lt=parse_id(request.GET.get("before", "")))
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
            return queryset.filter(sought(search_term, self.search_words, self.search_day)), False
        except ValueError as fault:
            self.message_user(request, f"{fault} {self.search_help_text}", messages.WARNING)
            return queryset.none(), False

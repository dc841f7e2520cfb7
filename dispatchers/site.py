from collections.abc import Iterable
from functools import partial
from typing import Any

from django.core.paginator import InvalidPage
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.translation import gettext_lazy as _
from django.views.i18n import set_language
from unfold.sites import UnfoldAdminSite

from dispatchers.board import PERMISSIONS, board_context
from dispatchers.day import day_page
from dispatchers.deeds import DEEDS
from dispatchers.deeds.deed import Deed
from dispatchers.deeds.page import begin, deed_page
from dispatchers.pay import pay_page


class DispatcherSite(UnfoldAdminSite):
    """Where dispatchers work: the records of every app, in one theme."""

    site_header = site_title = _("Sweets store")
    index_title = _("Records")
    site_url = None  # the store's front is its API

    def get_urls(self) -> list[Any]:
        return [
            path("language/", set_language, name="set_language"),
            path("dispatch/<slug:name>/", self.admin_view(partial(deed_page, site=self)), name="deed"),
            path("day/", self.admin_view(partial(day_page, site=self)), name="day"),
            path("pay/", self.admin_view(partial(pay_page, site=self)), name="pay"),
            *super().get_urls(),
        ]

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        """The board; for who may not see all that it shows, the list of what he may see."""
        if not request.user.has_perms(PERMISSIONS):
            return super().index(request, extra_context)
        context = self.each_context(request) | {"title": _("Board")} | board_context(request)
        return TemplateResponse(request, "dispatchers/board.html", context)

    def deeds_for(self, request: HttpRequest, model: type[Model]) -> list[Deed]:
        """What the reader may do to the records of the model."""
        label = model._meta.label_lower
        return [deed for deed in DEEDS.values() if deed.model == label and request.user.has_perm(deed.permission)]

    def begin_deed(self, request: HttpRequest, deed: Deed, ids: Iterable[str]) -> HttpResponse:
        """The first page of the deed for records that were chosen from their list."""
        return begin(request, self, deed, {deed.records: ", ".join(ids)})

    def search(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        """The theme's search of the site. A page that there is not is no fault of the store's."""
        try:
            return super().search(request, extra_context)
        except (InvalidPage, ValueError):
            raise Http404 from None

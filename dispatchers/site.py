from typing import Any

from django.core.paginator import InvalidPage
from django.http import Http404, HttpRequest
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.translation import gettext_lazy as _
from django.views.i18n import set_language
from unfold.sites import UnfoldAdminSite


class DispatcherSite(UnfoldAdminSite):
    """Where dispatchers work: the records of every app, in one theme."""

    site_header = site_title = _("Sweets store")
    index_title = _("Records")
    site_url = None  # the store's front is its API

    def get_urls(self) -> list[Any]:
        return [path("language/", set_language, name="set_language"), *super().get_urls()]

    def search(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        """The theme's search of the site. A page that there is not is no fault of the store's."""
        try:
            return super().search(request, extra_context)
        except (InvalidPage, ValueError):
            raise Http404 from None

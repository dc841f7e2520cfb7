"""What a request comes to that no view answers: a page for people, the contract's JSON for everybody else."""

import sys
from http import HTTPStatus

from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from sweets_store.acting import acting
from sweets_store.away import AWAY, RETRY_AFTER_SECONDS, log_away
from sweets_store.errors import refusal
from sweets_store.pages import is_page

ORIGIN_FAULTS = ("Origin checking failed", "Referer checking failed")  # as Django's reasons begin

Words = tuple[Promise, Promise]  # a page's title and what it says

GONE = _("There is nothing here"), _("The address is mistyped, or what it showed is gone.")
NONSENSE = (
    _("This cannot be understood"),
    _("What was sent is nothing that a page of the store sends. Nothing was changed."),
)
NOT_YOURS = (
    _("This is not yours to do"),
    _("Nothing was changed. Who may do it is set by whoever runs the store."),
)
TOO_OLD = (
    _("This page is too old"),
    _("Somebody has logged in or out here since it was loaded. Nothing was changed. Load it again."),
)
OTHER_NAME = (
    _("The store is not called so"),
    _("Whoever runs it sets by which names it is reached (ALLOWED_HOSTS). Nothing was changed."),
)
OTHER_ORIGIN = (
    _("This form comes from another address"),
    _("Nothing was changed. Whoever runs the store sets from where it takes forms (CSRF_TRUSTED_ORIGINS)."),
)
AWAY_NOW = (
    _("The database is away or locked"),
    _("Load the page again in a moment. What was being done is on record if it was done."),
)
FAILED = (
    _("The store failed"),
    _("The operator finds the reason in the log. What was being done is on record if it was done."),
)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    if is_page(request):
        return _page(request, HTTPStatus.NOT_FOUND, GONE)
    return _json(HTTPStatus.NOT_FOUND, "not_found", "There is nothing at this URL.")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    is_other_name = isinstance(exception, DisallowedHost)
    if is_page(request):
        return _page(request, HTTPStatus.BAD_REQUEST, OTHER_NAME if is_other_name else NONSENSE)
    code = "unknown_host" if is_other_name else "bad_request"
    return _json(HTTPStatus.BAD_REQUEST, code, str(exception))


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    if is_page(request):
        return _page(request, HTTPStatus.FORBIDDEN, NOT_YOURS)
    return _json(HTTPStatus.FORBIDDEN, "forbidden", "This is not yours to do.")


def page_too_old(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Only pages' forms are held to a token (CSRF); it changes whenever somebody logs in. Before that Django looks from
    where the form comes.
    """
    is_other_origin = reason.startswith(ORIGIN_FAULTS)
    return _page(request, HTTPStatus.FORBIDDEN, OTHER_ORIGIN if is_other_origin else TOO_OLD)


def server_error(request: HttpRequest) -> HttpResponse:
    """Django calls it while it handles what was raised and caught nowhere."""
    fault = sys.exception()
    if is_page(request) and isinstance(fault, AWAY):
        log_away(request.path, fault)
        page = _page(request, HTTPStatus.SERVICE_UNAVAILABLE, AWAY_NOW)
        page.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
        return page
    if is_page(request):
        return _page(request, HTTPStatus.INTERNAL_SERVER_ERROR, FAILED)
    detail = "The store failed. The operator finds the reason in the log."
    return _json(HTTPStatus.INTERNAL_SERVER_ERROR, "internal_error", detail)


def _json(status: HTTPStatus, code: str, detail: str) -> HttpResponse:
    return JsonResponse(refusal(code, detail), status=status)


def _page(request: HttpRequest, status: HTTPStatus, words: Words) -> HttpResponse:
    """Rendered without the request: what Django would tell of that, such as the user, is in the database."""
    language = translation.get_language_from_request(request)
    title, text = words
    shown = {"title": title, "text": text, "request_id": acting().request_id, "again": request.get_full_path()}
    with translation.override(language):
        page = render_to_string("sweets_store/refused.html", shown | {"language": language})
    return HttpResponse(page, status=status)

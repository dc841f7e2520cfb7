"""The admin's middleware, kept off the API's path: sessions, users and messages mean nothing to an API client."""

from itertools import chain

from django.conf import settings
from django.contrib.auth import middleware as auth
from django.contrib.messages import middleware as messages
from django.contrib.sessions import middleware as sessions
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware import locale
from django.utils import translation
from django.utils.deprecation import MiddlewareMixin


def is_page(request: HttpRequest) -> bool:
    """Whether the URL is one of the admin's pages, for people; the others are the API's."""
    return request.path_info.startswith("/admin/")


class PagesOnly:
    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if is_page(request):
            page: HttpResponseBase = super().__call__(request)  # type: ignore[misc]  # defined by the other base
            return page
        answer: HttpResponseBase = self.get_response(request)  # type: ignore[attr-defined]  # defined there, too
        return answer


class NulMiddleware(PagesOnly, MiddlewareMixin):
    """Refuses a NUL in a query or a cookie: Django would look for it in PostgreSQL, where no text holds one."""

    def process_request(self, request: HttpRequest) -> None:
        queried = (text for _, values in request.GET.lists() for text in values)
        if any("\0" in text for text in chain(queried, request.COOKIES.values())):
            raise SuspiciousOperation("A query or a cookie holds a NUL.")


class PolicyMiddleware(MiddlewareMixin):
    """Tells a browser what an answer may do with it, whatever came to stand in it (Content-Security-Policy)."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        policy = PAGES if is_page(request) else DOCS if request.path_info == "/docs" else NO_PAGE
        response.headers.setdefault("Content-Security-Policy", policy)
        return response


NO_PAGE = "default-src 'none'; frame-ancestors 'none'"
DOCS = (
    f"{NO_PAGE}; base-uri 'none'; form-action 'self'; connect-src 'self'; font-src 'self'; img-src 'self' data:;"
    " script-src 'self'; style-src 'self' 'unsafe-inline'"
)
# The theme's Alpine makes functions of the attributes in its templates.
PAGES = DOCS.replace("script-src 'self'", "script-src 'self' 'unsafe-eval'")


class SessionMiddleware(PagesOnly, sessions.SessionMiddleware):
    pass


class LocaleMiddleware(PagesOnly, locale.LocaleMiddleware):
    """The language that the reader chose, else his browser's. The API speaks English alone, also in a thread that a
    reader's page was made in before.
    """

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not is_page(request):
            translation.activate(settings.LANGUAGE_CODE)
        return super().__call__(request)


class AuthenticationMiddleware(PagesOnly, auth.AuthenticationMiddleware):
    pass


class MessageMiddleware(PagesOnly, messages.MessageMiddleware):
    pass

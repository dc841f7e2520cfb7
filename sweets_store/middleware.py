"""What concerns every request, of the API and of the admin."""

from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.db import Error, connection
from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponseBase
from django.utils.deprecation import MiddlewareMixin

from sweets_store.acting import acting, is_known_as, now_acts, request_id_of
from sweets_store.away import RETRY_AFTER, UNAVAILABLE, log_away
from sweets_store.errors import refusal
from sweets_store.pages import is_page

WATCHED_BY = ("GET", "HEAD")
HTTPS_ONLY = refusal("https_only", "The store is served over HTTPS alone. Nothing was done: call it by https://.")


class ActingMiddleware(MiddlewareMixin):
    """Names the request as its sender does by `X-Request-ID`, or anew; the answer tells the name.

    Nothing is set back at the end: an answer may be made while it is sent.
    """

    def process_request(self, request: HttpRequest) -> None:
        request_id = request_id_of(request.headers.get("X-Request-ID", ""))
        now_acts("admin" if is_page(request) else "api", request_id=request_id)

    def process_view(self, request: HttpRequest, *view: object) -> None:
        if is_page(request) and request.user.is_authenticated:
            is_known_as(request.user.get_username())

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        response.headers["X-Request-ID"] = acting().request_id
        return response


class HealthMiddleware(MiddlewareMixin):
    """Answers GET /health, whether the store can work: 200, or 503 while its database is away or not migrated.

    Before all else, for whoever watches the store calls it by an address of its own, without TLS and without a token.
    """

    def process_request(self, request: HttpRequest) -> JsonResponse | None:
        if request.path_info != "/health":
            return None
        if request.method not in WATCHED_BY:
            told = refusal("method_not_allowed", f'Method "{request.method}" not allowed.')
            headers = {"Allow": ", ".join(WATCHED_BY)}
            return JsonResponse(told, status=HTTPStatus.METHOD_NOT_ALLOWED, headers=headers)
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 FROM django_migrations LIMIT 1")
        except Error as fault:
            log_away(request.path_info, fault)
            return JsonResponse(UNAVAILABLE, status=HTTPStatus.SERVICE_UNAVAILABLE, headers=RETRY_AFTER)
        return JsonResponse({"status": "ok"})


class HTTPSMiddleware(MiddlewareMixin):
    """Refuses a client of the API that calls in plain HTTP in production; who reads pages is sent to HTTPS by Django.

    Of a POST that is sent on most clients make a GET, which tells them that all is well.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if not settings.SECURE_SSL_REDIRECT:
            raise MiddlewareNotUsed
        super().__init__(*args, **kwargs)

    def process_request(self, request: HttpRequest) -> JsonResponse | None:
        if request.is_secure() or is_page(request) or request.path_info in ("/admin", "/docs"):
            return None
        return JsonResponse(HTTPS_ONLY, status=HTTPStatus.FORBIDDEN)

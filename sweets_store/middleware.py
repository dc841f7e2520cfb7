"""Every request, of the API and of the admin, has an id and somebody who acts."""

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.deprecation import MiddlewareMixin

from sweets_store.acting import acting, is_known_as, now_acts, request_id_of
from sweets_store.pages import is_page


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

"""Who guesses at passwords is turned away for a while (django-axes, set up in the settings)."""

from http import HTTPStatus
from typing import Any

from axes.utils import reset
from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from sweets_store.addresses import address_of

LONGEST_NAME = 255


def tried_name(request: HttpRequest, credentials: dict[str, Any] | None) -> str:
    """The name that is put down as tried: so much of it as a column takes."""
    return str((credentials or request.POST).get("username", ""))[:LONGEST_NAME]


def forget_misses(sender: Any, request: HttpRequest, user: Any, **signal: Any) -> None:
    """Who mistyped and then got it right starts anew; what was tried from there under other names stays."""
    reset(ip=address_of(request), username=tried_name(request, {"username": user.get_username()}))


def locked_out(request: HttpRequest, response: HttpResponse, credentials: Any) -> HttpResponse:
    """The page that he gets instead of the login's own."""
    minutes = int(settings.AXES_COOLOFF_TIME.total_seconds()) // 60
    context = admin.site.each_context(request) | {"title": _("Too many wrong passwords"), "minutes": minutes}
    page = render(request, "dispatchers/locked.html", context, status=HTTPStatus.TOO_MANY_REQUESTS)
    page.headers["Retry-After"] = str(60 * minutes)
    return page

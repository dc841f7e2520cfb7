"""The page of a deed: its form, what would come of it, what came of it."""

import re
from datetime import datetime
from typing import Any

from django import forms
from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from dispatchers.deeds import DEEDS
from dispatchers.deeds.deed import Asked, Deed, Told

SHOWN = re.compile("shown-([1-9][0-9]{0,18})")


def deed_page(request: HttpRequest, site: AdminSite, name: str) -> HttpResponse:
    """GET: the form. POST: what would be done, with `step=do` what was done, or with `differently` the form again: what
    it holds may be more than a URL does.
    """
    deed = DEEDS.get(name)
    if deed is None:
        raise Http404
    if not request.user.has_perm(deed.permission):
        raise PermissionDenied
    if request.method != "POST" or "differently" in request.POST:
        chosen = (request.POST if request.method == "POST" else request.GET).dict()
        return answer(request, site, deed, form=deed.form(initial=deed.initial(chosen)))
    if "begin" in request.POST:
        return begin(request, site, deed, request.POST.dict())
    form = deed.form(request.POST)
    if not form.is_valid():
        return answer(request, site, deed, form=form)
    if request.POST.get("step") != "do":
        return preview(request, site, deed, form)
    return done(request, site, deed, form)


def begin(request: HttpRequest, site: AdminSite, deed: Deed, chosen: dict[str, str]) -> HttpResponse:
    """What would be done to the chosen records, or the form, where the deed asks for more than them.

    The request is the deed's own, or the list's where the records were chosen.
    """
    form = deed.form(chosen)
    return (
        preview(request, site, deed, form)
        if form.is_valid()
        else answer(request, site, deed, form=deed.form(initial=deed.initial(chosen)))
    )


def preview(request: HttpRequest, site: AdminSite, deed: Deed, form: forms.Form) -> HttpResponse:
    told = deed.preview(form.cleaned_data)
    return answer(request, site, deed, told=told, kept=kept_fields(form, form.cleaned_data))


def done(request: HttpRequest, site: AdminSite, deed: Deed, form: forms.Form) -> HttpResponse:
    """What was done of what had been shown; its form asks for what was refused again."""
    matches = ((SHOWN.fullmatch(key), value) for key, value in request.POST.dict().items())
    told = deed.do(form.cleaned_data, {int(match[1]): value for match, value in matches if match})
    refused = {row.row.key for row in told if row.shown is None}
    records = form.cleaned_data[deed.records]
    again = [number for number in records if number in refused] if isinstance(records, list) else records
    kept = kept_fields(form, form.cleaned_data | {deed.records: again})
    return answer(request, site, deed, told=told, done=True, kept=kept)


def kept_fields(form: forms.Form, asked: Asked) -> list[tuple[str, str]]:
    """What the form's fields read as the same again; an instant to the microsecond, for which a browser has no room."""

    def text(field: forms.Field, value: Any) -> str:
        return value.isoformat() if isinstance(value, datetime) else field.prepare_value(value) or ""

    return [(name, text(field, asked[name])) for name, field in form.fields.items()]


def answer(request: HttpRequest, site: AdminSite, deed: Deed, **shown: Any) -> HttpResponse:
    told: list[Told] = shown.get("told", [])
    able = sum(row.shown is not None for row in told)
    back = came_from(request) or reverse(f"admin:{deed.model.replace('.', '_')}_changelist")
    context = {"title": deed.title, "deed": deed, "able": able, "refused": len(told) - able, "back": back}
    return TemplateResponse(request, "dispatchers/deed.html", site.each_context(request) | context | shown)


def came_from(request: HttpRequest) -> str:
    """The admin's page on which the deed was begun, with its search and filters; empty where that is not known."""
    if request.resolver_match and request.resolver_match.url_name != "deed":
        return request.get_full_path()
    said = request.POST.get("back") or request.GET.get("back", "")
    return said if said.startswith(reverse("admin:index")) else ""

"""The page of a deed: its form, what would come of it, what came of it."""

import re
from typing import Any

from django import forms
from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import urlencode

from dispatchers.deeds import DEEDS
from dispatchers.deeds.deed import Deed, Told

SHOWN = re.compile("shown-([1-9][0-9]{0,18})")


def deed_page(request: HttpRequest, site: AdminSite, name: str) -> HttpResponse:
    """GET: the form. POST: what would be done, or with `step=do` what was done."""
    deed = DEEDS.get(name)
    if deed is None:
        raise Http404
    if not request.user.has_perm(deed.permission):
        raise PermissionDenied
    if request.method != "POST":
        return answer(request, site, deed, form=deed.form(initial=deed.initial(request.GET.dict())))
    if "begin" in request.POST:
        return begin(request, site, deed, request.POST.dict())
    form = deed.form(request.POST)
    if not form.is_valid():
        return answer(request, site, deed, form=form)
    if request.POST.get("step") != "do":
        return preview(request, site, deed, form)
    matches = ((SHOWN.fullmatch(key), value) for key, value in request.POST.dict().items())
    shown = {int(match[1]): value for match, value in matches if match}
    return answer(request, site, deed, told=deed.do(form.cleaned_data, shown), done=True)


def begin(request: HttpRequest, site: AdminSite, deed: Deed, chosen: dict[str, str]) -> HttpResponse:
    """What would be done to the chosen records, or the form, where the deed asks for more than them."""
    form = deed.form(chosen)
    return (
        preview(request, site, deed, form)
        if form.is_valid()
        else answer(request, site, deed, form=deed.form(initial=deed.initial(chosen)))
    )


def preview(request: HttpRequest, site: AdminSite, deed: Deed, form: forms.Form) -> HttpResponse:
    asked = form.cleaned_data
    told = deed.preview(asked)
    kept = [
        (name, getattr(field, "kept", field.prepare_value)(asked[name]) or "") for name, field in form.fields.items()
    ]
    return answer(request, site, deed, told=told, kept=kept, asked=urlencode(kept))


def answer(request: HttpRequest, site: AdminSite, deed: Deed, **shown: Any) -> HttpResponse:
    told: list[Told] = shown.get("told", [])
    able = sum(row.shown is not None for row in told)
    context = {"title": deed.title, "deed": deed, "able": able, "refused": len(told) - able, "back": deed_list(deed)}
    return TemplateResponse(request, "dispatchers/deed.html", site.each_context(request) | context | shown)


def deed_list(deed: Deed) -> str:
    return reverse(f"admin:{deed.model.replace('.', '_')}_changelist")

"""The page of a day: a line for each courier, on it his shifts, his bundles, his deliveries."""

from datetime import date, timedelta
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bundles.day import CourierDay, Day, Span, Trip, day_of_couriers
from dispatchers.board import PERMISSIONS, duration
from dispatchers.deeds.fields import NumberField
from dispatchers.pay import DAY
from sweets_store.admin.values import record_link
from sweets_store.instants import shop_day


class DayForm(forms.Form):
    day = forms.DateField(label=gettext_lazy("day"), widget=DAY)
    courier = NumberField(label=gettext_lazy("courier"), required=False)

    def clean_day(self) -> date:
        day: date = self.cleaned_data["day"]
        try:
            for each in (day - timedelta(days=1), day, day + timedelta(days=1)):
                shop_day(each)
        except OverflowError:
            raise ValidationError(_("The days must be of the years 1 to 9999.")) from None
        return day


def day_page(request: HttpRequest, site: Any) -> HttpResponse:
    """Without a day asked for: today; without a courier: all of them, page by page."""
    if not request.user.has_perms(PERMISSIONS):
        raise PermissionDenied
    now = timezone.now()
    form = DayForm({"day": timezone.localtime(now).date().isoformat()} | request.GET.dict())
    shown: dict[str, Any] = {}
    if form.is_valid():
        asked = form.cleaned_data
        after = sum(NumberField().find(request.GET.get("after")))  # of a link of ours, one number
        found = day_of_couriers(day=asked["day"], now=now, courier_id=asked["courier"] or None, after=after)
        shown = _shown(found, asked["day"], asked["courier"])
    context = site.each_context(request) | {"title": _("A day"), "form": form} | shown
    return TemplateResponse(request, "dispatchers/day.html", context)


def _shown(found: Day, day: date, courier: int | None) -> dict[str, Any]:
    def url(other: date, after: int | None = None) -> str:
        asked = {"day": other.isoformat(), "courier": courier, "after": after}
        return f"?{urlencode({name: value for name, value in asked.items() if value})}"

    return {
        "day": day,
        "minute": found.minute,
        "hours": range(0, 24, 2),
        "lines": [_line(each) for each in found.couriers],
        "before_url": url(day - timedelta(days=1)),
        "following_url": url(day + timedelta(days=1)),
        "next_url": url(day, found.couriers[-1].courier_id) if found.more else None,
        "trips": [
            (record_link("bundles_bundle", trip.bundle_id), clock(trip.carried), trip)
            for each in found.couriers
            for trip in each.trips
        ]
        if courier
        else [],
    }


def _line(each: CourierDay) -> tuple[Any, ...]:
    return (
        record_link("couriers_courier", each.courier_id),
        [(start, end - start) for start, end in each.shifts],
        [_drawn(trip) for trip in each.trips],
        each.delivered,
        duration(timedelta(minutes=each.idle)),
    )


def _drawn(trip: Trip) -> tuple[Any, ...]:
    """A bundle is drawn at least five minutes wide, so that it can be hit."""
    start, end = trip.carried
    said = _("Bundle %(number)s, %(time)s: %(delivered)s of %(orders)s delivered") % {
        "number": trip.bundle_id,
        "time": clock(trip.carried),
        "delivered": trip.delivered,
        "orders": trip.orders,
    }
    url = reverse("admin:bundles_bundle_change", args=[trip.bundle_id])
    return start, max(end - start, 5), url, said, trip.active, trip.deliveries


def clock(span: Span) -> str:
    return "–".join(f"{minute // 60:02}:{minute % 60:02}" for minute in span)

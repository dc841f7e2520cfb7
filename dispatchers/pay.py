"""The page of pay slips: by courier, or one courier's bundle by bundle, to be printed or taken along as CSV."""

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bundles.pay import Because, PaidBundle, Slip, pay_slips, write_csv
from dispatchers.deeds.fields import NumberField
from sweets_store.admin.values import moment, record_link
from sweets_store.instants import shop_day

PERMISSION = "dispatchers.see_pay"
REASONS = {
    Because.PAID: gettext_lazy("paid"),
    Because.ACTIVE: gettext_lazy("not completed yet"),
    Because.NOTHING_DELIVERED: gettext_lazy("nothing delivered"),
}
DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class PeriodForm(forms.Form):
    first = forms.DateField(label=gettext_lazy("from"), widget=DAY)
    last = forms.DateField(label=gettext_lazy("to"), widget=DAY)
    courier = NumberField(label=gettext_lazy("courier"), required=False)

    def clean(self) -> Any:
        asked = self.cleaned_data
        if not self.errors:
            if asked["first"] > asked["last"]:
                raise ValidationError(_("The first day is after the last."))
            try:
                asked["period"] = shop_day(asked["first"])[0], shop_day(asked["last"])[1]
            except OverflowError:
                raise ValidationError(_("The days must be of the years 1 to 9999.")) from None
        return asked


def pay_page(request: HttpRequest, site: Any) -> HttpResponse:
    """Without a period asked for: this month's."""
    if not request.user.has_perm(PERMISSION):
        raise PermissionDenied
    today = timezone.localtime().date()
    period = {"first": today.replace(day=1).isoformat(), "last": today.isoformat()}
    form = PeriodForm(period | request.GET.dict())
    slips: list[Slip] = []
    if form.is_valid():
        start, end = form.cleaned_data["period"]
        slips = list(pay_slips(start=start, end=end, courier_id=form.cleaned_data["courier"] or None))
        if "csv" in request.GET:
            return _csv(slips, form.cleaned_data["first"], form.cleaned_data["last"])
    return TemplateResponse(request, "dispatchers/pay.html", site.each_context(request) | _shown(form, slips))


def _csv(slips: list[Slip], first: date, last: date) -> HttpResponse:
    name = f'attachment; filename="pay-{first}-{last}.csv"'
    response = HttpResponse(content_type="text/csv; charset=utf-8", headers={"Content-Disposition": name})
    write_csv(slips, response)
    return response


def _shown(form: PeriodForm, slips: list[Slip]) -> dict[str, Any]:
    asked = {name: form.data.get(name, "") for name in form.fields}
    one = bool(form.is_valid() and form.cleaned_data["courier"])
    return {
        "title": _("Pay slips"),
        "form": form,
        "csv_url": f"?{urlencode(asked | {'csv': 1})}",
        "total": sum(slip.pay for slip in slips),
        "slips": [
            (
                record_link("couriers_courier", slip.courier_id),
                f"?{urlencode(asked | {'courier': slip.courier_id})}",
                slip.pay,
                len(slip.bundles),
                [_row(bundle) for bundle in slip.bundles] if one else [],
            )
            for slip in slips
        ],
    }


def _row(bundle: PaidBundle) -> tuple[Any, ...]:
    return (
        record_link("bundles_bundle", bundle.bundle_id),
        moment(bundle.assign_time),
        moment(bundle.counts_at),
        f"{_(bundle.courier_type)}, {bundle.coefficient}",
        f"{bundle.delivered}/{bundle.orders}",
        bundle.released,
        bundle.pay,
        REASONS[bundle.because],
    )

from datetime import datetime
from functools import partial
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bundles.board import idle_couriers
from bundles.services import Assignment, assign_orders
from dispatchers.deeds.deed import MOST_ROWS, Asked, Deed, Row, counted_orders
from dispatchers.deeds.fields import NumbersField
from sweets_store.admin.values import listed_briefly, moment, record_link


class AssignForm(forms.Form):
    couriers = NumbersField(label=gettext_lazy("Couriers"), required=False)
    regions = NumbersField(
        label=gettext_lazy("or all idle ones of the regions"),
        help_text=gettext_lazy("Idle is who is on shift now and carries nothing."),
        required=False,
    )

    def clean(self) -> Any:
        """Afterwards all of them are named as `couriers`."""
        asked = self.cleaned_data
        if self.errors:
            return asked
        if not asked["couriers"] and not asked["regions"]:
            raise ValidationError(_("Name couriers, or regions."))
        idle = idle_couriers(regions=asked["regions"], now=timezone.now()) if asked["regions"] else []
        couriers = list(dict.fromkeys([*asked["couriers"], *idle]))
        if not couriers:
            raise ValidationError(_("Nobody of these regions is on shift now and carries nothing."))
        if len(couriers) > MOST_ROWS:
            told = {"most": MOST_ROWS, "couriers": len(couriers)}
            raise ValidationError(_("These are %(couriers)s couriers, and at most %(most)s are done at once.") % told)
        return asked | {"couriers": couriers, "regions": []}


class Assign(Deed):
    name = "assign"
    title = gettext_lazy("Assign orders")
    model = "couriers.courier"
    records = "couriers"
    form = AssignForm
    assigning = True

    def rows(self, asked: Asked) -> list[Row]:
        now = asked["now"] = timezone.now()
        return [self._row(courier_id, now) for courier_id in asked["couriers"]]

    def _row(self, courier_id: int, now: datetime) -> Row:
        link = record_link("couriers_courier", courier_id)
        return Row(courier_id, link, partial(assign_orders, courier_id=courier_id, now=now), [courier_id])

    def objection(self, outcome: Assignment, asked: Asked) -> str:
        if not outcome.order_ids:
            return _("Nothing that he can carry is free.")
        if outcome.assign_time != asked["now"]:
            since = moment(outcome.assign_time)
            return format_html(_("He carries a bundle since {}, and gets nothing new until it is completed."), since)
        return ""

    def words(self, outcome: Assignment, asked: Asked) -> SafeString:
        order_ids = outcome.order_ids
        return format_html(_("He gets {}: {}"), counted_orders(len(order_ids)), listed_briefly(order_ids))

    def essence(self, outcome: Assignment) -> Any:
        return outcome.order_ids

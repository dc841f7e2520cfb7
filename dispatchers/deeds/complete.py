from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bundles.models import Bundle
from bundles.services import carrier_of, complete_order
from dispatchers.deeds.deed import Asked, Deed, Row
from dispatchers.deeds.fields import MomentField, NumbersField
from orders.models import Order
from sweets_store.admin.values import moment, record_link

FAST_CLOCK = timedelta(minutes=5)  # so far ahead a dispatcher's own may be


class Delivered(NamedTuple):
    courier_id: int
    assign_time: datetime
    complete_time: datetime
    already: bool


class CompleteForm(forms.Form):
    orders = NumbersField(label=gettext_lazy("Orders"))
    complete_time = MomentField(label=gettext_lazy("delivered at"), help_text=gettext_lazy("Empty: now."))

    def clean_complete_time(self) -> datetime | None:
        complete_time: datetime | None = self.cleaned_data["complete_time"]
        if complete_time and complete_time > timezone.now() + FAST_CLOCK:
            raise ValidationError(_("This is still to come."))
        return complete_time


class Complete(Deed):
    """Each of the orders is marked delivered on behalf of the courier who carries it."""

    name = "complete"
    title = gettext_lazy("Mark delivered")
    model = "orders.order"
    records = "orders"
    form = CompleteForm

    def rows(self, asked: Asked) -> list[Row]:
        complete_time = asked["complete_time"] = asked["complete_time"] or timezone.now()
        assigned = Order.objects.filter(order_id__among=asked["orders"], bundle__isnull=False)
        carriers = dict(assigned.values_list("order_id", "bundle__courier_id"))
        return [self._row(order_id, complete_time, carriers) for order_id in asked["orders"]]

    def _row(self, order_id: int, complete_time: datetime, carriers: dict[int, int]) -> Row:
        def use_case() -> Delivered:
            courier_id = carrier_of(order_id=order_id)
            already = Order.objects.delivered().filter(order_id=order_id).exists()
            delivered = complete_order(courier_id=courier_id, order_id=order_id, complete_time=complete_time)
            return Delivered(courier_id, Bundle.objects.get(orders=order_id).assign_time, delivered, already)

        couriers = [carriers[order_id]] if order_id in carriers else []
        return Row(order_id, record_link("orders_order", order_id), use_case, couriers)

    def objection(self, outcome: Delivered, asked: Asked) -> str:
        return _("It is delivered already.") if outcome.already else ""

    def words(self, outcome: Delivered, asked: Asked) -> Any:
        said = _("{courier} delivered it at {time}.")
        if outcome.complete_time < outcome.assign_time:
            said = _("{courier} delivered it at {time}, before it was assigned at {assigned}.")
        return format_html(
            said,
            courier=record_link("couriers_courier", outcome.courier_id),
            time=moment(outcome.complete_time),
            assigned=moment(outcome.assign_time),
        )

from datetime import timedelta
from functools import partial
from typing import Any

from django import forms
from django.conf import settings
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bundles.dispatch import Undone, undo_completion
from bundles.services import Statement
from dispatchers.deeds.deed import Asked, Deed, Row
from dispatchers.deeds.fields import NumbersField
from orders.models import Order
from sweets_store.admin.values import record_link


class UndoForm(forms.Form):
    orders = NumbersField(label=gettext_lazy("Orders"))


class Undo(Deed):
    name = "undo"
    title = gettext_lazy("Take the delivery back")
    model = "orders.order"
    records = "orders"
    form = UndoForm

    def rows(self, asked: Asked) -> list[Row]:
        now, within = timezone.now(), timedelta(minutes=settings.UNDO_MINUTES)
        assigned = Order.objects.filter(order_id__among=asked["orders"], bundle__isnull=False)
        carriers = dict(assigned.values_list("order_id", "bundle__courier_id"))
        return [
            Row(
                order_id,
                record_link("orders_order", order_id),
                partial(undo_completion, order_id=order_id, now=now, within=within),
                [carriers[order_id]] if order_id in carriers else [],
            )
            for order_id in asked["orders"]
        ]

    def words(self, outcome: Undone, asked: Asked) -> SafeString:
        return format_html(
            _(
                "{courier} carries it again, in {bundle}."
                " Earnings: {before} → {after}. Rating: {rating} → {rating_after}."
            ),
            courier=record_link("couriers_courier", outcome.before.courier.courier_id),
            bundle=record_link("bundles_bundle", outcome.bundle_id),
            before=outcome.before.earnings,
            after=outcome.after.earnings,
            rating=self._rating(outcome.before),
            rating_after=self._rating(outcome.after),
        )

    def essence(self, outcome: Undone) -> Any:
        return [(statement.earnings, statement.rating) for statement in (outcome.before, outcome.after)]

    @staticmethod
    def _rating(statement: Statement) -> str:
        return _("none") if statement.rating is None else str(statement.rating)

from functools import partial
from typing import Any

from django import forms
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bundles.dispatch import Released, release_bundle, release_orders
from bundles.models import Bundle
from bundles.services import NotAssigned
from dispatchers.deeds.deed import Asked, Deed, Row, counted_orders
from dispatchers.deeds.fields import NumbersField
from orders.models import Order, UnknownOrder
from sweets_store.admin.values import listed_briefly, record_link


class Release(Deed):
    """Both kinds tell the same."""

    def words(self, outcome: Released, asked: Asked) -> SafeString:
        return format_html(
            _("{courier} no longer carries {count}: {orders}. {then}"),
            courier=record_link("couriers_courier", outcome.courier_id),
            count=counted_orders(len(outcome.order_ids)),
            orders=listed_briefly(outcome.order_ids),
            then=_("His bundle is completed.") if outcome.bundle_completed else "",
        )


class ReleaseOrdersForm(forms.Form):
    orders = NumbersField(label=gettext_lazy("Orders"))


class ReleaseOrders(Release):
    name = "release"
    title = gettext_lazy("Release orders")
    model = "orders.order"
    records = "orders"
    form = ReleaseOrdersForm

    def rows(self, asked: Asked) -> list[Row]:
        found = Order.objects.select_related("bundle").in_bulk(asked["orders"])
        return [self._row(order_id, found.get(order_id)) for order_id in asked["orders"]]

    def _row(self, order_id: int, order: Order | None) -> Row:
        def use_case() -> Released:
            if order is None:
                raise UnknownOrder(order_id=order_id)
            if order.bundle is None:
                raise NotAssigned(order_id=order_id)
            return release_orders(bundle_id=order.bundle.bundle_id, order_ids=[order_id])

        couriers = [order.bundle.courier_id] if order and order.bundle else []
        return Row(order_id, record_link("orders_order", order_id), use_case, couriers)


class ReleaseBundlesForm(forms.Form):
    bundles = NumbersField(label=gettext_lazy("Bundles"))


class ReleaseBundles(Release):
    name = "release-bundle"
    title = gettext_lazy("Release all that is undelivered")
    model = "bundles.bundle"
    records = "bundles"
    form = ReleaseBundlesForm

    def rows(self, asked: Asked) -> list[Row]:
        couriers = dict(Bundle.objects.filter(bundle_id__among=asked["bundles"]).values_list("pk", "courier_id"))
        return [
            Row(
                bundle_id,
                record_link("bundles_bundle", bundle_id),
                partial(release_bundle, bundle_id=bundle_id),
                [couriers[bundle_id]] if bundle_id in couriers else [],
            )
            for bundle_id in asked["bundles"]
        ]

    def essence(self, outcome: Released) -> Any:
        return outcome.order_ids

from functools import partial

from django import forms
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bundles.dispatch import Moved, move_bundle
from bundles.models import Bundle
from dispatchers.deeds.deed import Asked, Deed, Row, counted_orders
from dispatchers.deeds.fields import NumberField
from sweets_store.admin.values import listed_briefly, record_link

NAMED = 20


class MoveForm(forms.Form):
    bundle = NumberField(label=gettext_lazy("Bundle"))
    courier = NumberField(
        label=gettext_lazy("to courier"),
        help_text=gettext_lazy("One who carries nothing; what does not fit him stays."),
    )


class Move(Deed):
    """One bundle at a time: its new courier can take over but one."""

    name = "move"
    title = gettext_lazy("Move to another courier")
    model = "bundles.bundle"
    records = "bundle"
    form = MoveForm
    from_lists = False

    def rows(self, asked: Asked) -> list[Row]:
        bundle_id, courier_id = asked["bundle"], asked["courier"]
        use_case = partial(move_bundle, bundle_id=bundle_id, courier_id=courier_id, now=timezone.now())
        carriers = Bundle.objects.filter(bundle_id=bundle_id).values_list("courier_id", flat=True)
        return [Row(bundle_id, record_link("bundles_bundle", bundle_id), use_case, [*carriers, courier_id])]

    def words(self, outcome: Moved, asked: Asked) -> SafeString:
        told = format_html(
            _("{courier} takes over {count}: {orders}."),
            courier=record_link("couriers_courier", outcome.courier_id),
            count=counted_orders(len(outcome.order_ids)),
            orders=listed_briefly(outcome.order_ids),
        )
        if not outcome.staying:
            return format_html("{} {}", told, _("Nothing stays, so the bundle is completed."))
        stays = format_html_join(", ", "{} ({})", ((order_id, reason) for order_id, reason in outcome.staying[:NAMED]))
        more = len(outcome.staying) - NAMED
        rest = _(" and %(more)s more") % {"more": more} if more > 0 else ""
        return format_html("{} {} {}{}", told, _("These do not fit him and stay:"), stays, rest)

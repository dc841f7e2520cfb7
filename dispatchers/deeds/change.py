import json
from functools import partial
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import Http404
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bundles.services import Changed, change_courier
from couriers.models import Courier, CourierType
from couriers.serializers import CourierChangeSerializer
from dispatchers.deeds.deed import Asked, Deed, Row, counted_orders
from dispatchers.deeds.fields import LinesField, NumberField
from sweets_store.admin.values import listed, listed_briefly, record_link

CHANGED = ("courier_type", "regions", "working_hours")


class ChangeForm(forms.Form):
    """`was` is what the form showed: only what differs from that is changed, so it undoes no one else's change."""

    courier = NumberField(label=gettext_lazy("Courier"), widget=forms.TextInput(attrs={"readonly": True}))
    was = forms.CharField(widget=forms.HiddenInput, required=False)
    courier_type = forms.ChoiceField(
        label=gettext_lazy("Type"), choices=[(kind, gettext_lazy(kind)) for kind in CourierType.values]
    )
    regions = LinesField(
        CourierChangeSerializer.declared()["regions"], number=True, label=gettext_lazy("Regions"), rows="numbers"
    )
    working_hours = LinesField(
        CourierChangeSerializer.declared()["working_hours"], label=gettext_lazy("Working hours"), rows="windows"
    )

    def clean(self) -> Any:
        asked = self.cleaned_data
        if not self.errors:
            was = self._was()
            asked["changes"] = {name: asked[name] for name in CHANGED if name not in was or was[name] != asked[name]}
            if not asked["changes"]:
                raise ValidationError(_("Nothing is different from what he has."))
        return asked

    def _was(self) -> dict[str, Any]:
        try:
            was = json.loads(self.cleaned_data["was"] or "{}")
        except (ValueError, RecursionError):
            was = None
        if not isinstance(was, dict):
            raise ValidationError(_("This form is broken. Begin again from the courier's page."))
        return was


class Change(Deed):
    """Exactly what a PATCH of the courier does."""

    name = "change"
    title = gettext_lazy("Change type, regions, hours")
    permission = "couriers.change_courier"
    model = "couriers.courier"
    records = "courier"
    form = ChangeForm
    from_lists = False

    def initial(self, chosen: dict[str, str]) -> dict[str, Any]:
        """Begins with what the courier is. Raises Http404 where there is no such courier."""
        courier = Courier.objects.filter(courier_id__in=NumberField().find(chosen.get("courier"))).first()
        if courier is None:
            raise Http404
        present = {name: getattr(courier, name) for name in CHANGED}
        return present | {"was": json.dumps(present)} | chosen

    def rows(self, asked: Asked) -> list[Row]:
        courier_id = asked["courier"]
        use_case = partial(change_courier, courier_id=courier_id, changes=asked["changes"])
        return [Row(courier_id, record_link("couriers_courier", courier_id), use_case, [courier_id])]

    def objection(self, outcome: Changed, asked: Asked) -> str:
        changes = asked["changes"].items()
        return _("He is so already.") if all(getattr(outcome.before, name) == value for name, value in changes) else ""

    def words(self, outcome: Changed, asked: Asked) -> SafeString:
        changes = format_html_join(
            "",
            "<div>{}: {} → {}</div>",
            (
                (ChangeForm.base_fields[name].label, said(getattr(outcome.before, name)), said(value))
                for name, value in asked["changes"].items()
            ),
        )
        if not outcome.released:
            return format_html("{}<div>{}</div>", changes, _("He keeps all that he carries."))
        return format_html(
            "{}<div>{} {}</div>",
            changes,
            format_html(_("He no longer carries {}:"), counted_orders(len(outcome.released))),
            listed_briefly(outcome.released),
        )

    def essence(self, outcome: Changed) -> Any:
        return [getattr(outcome.before, name) for name in CHANGED], outcome.released


def said(value: Any) -> Any:
    return listed(value) if isinstance(value, list) else _(value)

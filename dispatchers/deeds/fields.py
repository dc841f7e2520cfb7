"""What the forms of deeds ask for."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from dispatchers.deeds.deed import MOST_ROWS
from sweets_store.ids import parse_id
from sweets_store.instants import shop_time

LONGEST_NAMED = 40  # characters of a bad number that are repeated


class NumbersField(forms.CharField):
    """The numbers of records, each once, parted by blanks, commas or lines."""

    widget = forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"})

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(map(str, value)) if isinstance(value, Sequence) and not isinstance(value, str) else value

    def to_python(self, value: Any) -> Any:
        parts = [part for part in re.split(r"[\s,;#]+", super().to_python(value) or "") if part]
        if len(parts) > MOST_ROWS:
            raise ValidationError(_("At most %(most)s at once.") % {"most": MOST_ROWS})
        try:
            return list(dict.fromkeys(map(parse_id, parts)))
        except ValueError:
            raise ValidationError(_("Give numbers, such as 12, or several: 12, 15.")) from None


class NumberField(forms.CharField):
    """The number of one record."""

    widget = forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"})

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        try:
            return parse_id(text) if text else text
        except ValueError:
            raise ValidationError(_("Give a number, such as 12.")) from None

    def find(self, value: Any) -> list[int]:
        """The number as a list, which is empty where it is none."""
        try:
            number = self.to_python(value)
        except ValidationError:
            return []
        return [number] if number else []


class LinesField(forms.CharField):
    """A list, an item a line or parted by commas, checked as the API checks it, with the API's messages.

    `rows` names how the page's script shows it: as rows of `windows`, or as `numbers`.
    """

    def __init__(self, checked: Any, *, rows: str, number: bool = False, **options: Any) -> None:
        self.checked, self.number = checked, number
        widget = forms.Textarea(attrs={"rows": 3, "cols": 30, "data-rows": rows, "autocomplete": "off"})
        super().__init__(required=False, widget=widget, **options)

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(map(str, value)) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        items: list[Any] = [part for part in re.split(r"[\s,;]+", super().to_python(value) or "") if part]
        try:
            if self.number:
                items = list(map(_number, items))
            return self.checked.to_internal_value(items)
        except ValueError as fault:
            raise ValidationError(capfirst(str(fault))) from None


def _number(text: str) -> int:
    try:
        return parse_id(text)
    except ValueError as fault:
        raise ValueError(f"“{text[:LONGEST_NAMED]}” {fault}") from None


class MomentField(forms.Field):
    """An instant in the shop's time zone, or, as a shown deed keeps it, in RFC 3339; None where none is given."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local", "step": 1})

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, **options)

    def prepare_value(self, value: Any) -> Any:
        """As a browser's field takes it: without an offset."""
        try:
            moment = value if isinstance(value, datetime) else self.to_python(value)
        except ValidationError:
            return value
        return moment and f"{shop_time(moment):%Y-%m-%dT%H:%M:%S}"

    def to_python(self, value: Any) -> datetime | None:
        if value in self.empty_values:
            return None
        try:
            moment = datetime.fromisoformat(value)
            return moment.astimezone(UTC) if moment.tzinfo else timezone.make_aware(moment).astimezone(UTC)
        except (ValueError, OverflowError):
            raise ValidationError(_("Give a day and a time.")) from None

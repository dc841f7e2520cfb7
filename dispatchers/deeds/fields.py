"""What the forms of deeds ask for."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from dispatchers.deeds.deed import MOST_ROWS
from sweets_store.ids import parse_id


class NumbersField(forms.CharField):
    """The numbers of records, each once, parted by blanks, commas or lines."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"widget": forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"})} | options)

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


class MomentField(forms.Field):
    """An instant in the shop's time zone, or, as a shown deed keeps it, in RFC 3339; None where none is given."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local", "step": 1})

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, **options)

    def prepare_value(self, value: Any) -> Any:
        return value.isoformat() if isinstance(value, datetime) else value

    def to_python(self, value: Any) -> datetime | None:
        if value in self.empty_values:
            return None
        try:
            moment = datetime.fromisoformat(value)
            return moment.astimezone(UTC) if moment.tzinfo else timezone.make_aware(moment).astimezone(UTC)
        except (ValueError, OverflowError):
            raise ValidationError(_("Give a day and a time.")) from None

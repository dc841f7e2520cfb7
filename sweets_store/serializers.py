"""Strict fields and the serializer that names every fault (contract, "Everywhere" and "The validation report").

A field states its rule once, in `to_internal_value`; imports of 100,000 objects, single bodies and the file readers all
call that same rule, unbound: a serializer here needs no instance to check a value.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any, ClassVar, NoReturn

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from sweets_store.errors import ValidationFailed
from sweets_store.hours import parse_window
from sweets_store.ids import MAX_ID, not_an_id
from sweets_store.instants import format_instant, parse_instant

MAX_ITEMS = 1_000
MAX_UNKNOWN = 100

Faults = dict[str, str]


class Refused(ValueError):
    """A value breaks its field's rule; the text is the message for the report."""


class StrictField(serializers.Field):
    """A field without coercion. Its rule is `to_internal_value`, which raises Refused."""

    def to_internal_value(self, value: Any) -> Any:
        raise NotImplementedError

    def to_representation(self, value: Any) -> Any:
        return value


class IdField(StrictField):
    """A positive integer of 63 bits: an id or a region."""

    def to_internal_value(self, value: Any) -> int:
        if type(value) is not int or not 1 <= value <= MAX_ID:
            raise Refused(not_an_id())
        return value


class ChoiceField(StrictField):
    def __init__(self, choices: Sequence[str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.choices = tuple(choices)

    def to_internal_value(self, value: Any) -> str:
        if not isinstance(value, str) or value not in self.choices:
            raise Refused(gettext("must be one of: %(choices)s") % {"choices": ", ".join(self.choices)})
        return value


class WeightField(StrictField):
    """Kilograms, exact to 10 grams."""

    LIGHTEST, HEAVIEST = Decimal("0.01"), 50

    def to_internal_value(self, value: Any) -> Decimal:
        if type(value) is int and 0 < value <= self.HEAVIEST:
            return round(Decimal(value), 2)
        if type(value) is not Decimal or not self.LIGHTEST <= value <= self.HEAVIEST:
            bounds = {"lightest": self.LIGHTEST, "heaviest": self.HEAVIEST}
            raise Refused(gettext("must be a number of kilograms from %(lightest)s to %(heaviest)s") % bounds)
        rounded = round(value, 2)
        if rounded != value:
            raise Refused(gettext("must have at most two decimals"))
        return rounded

    def to_representation(self, value: Decimal) -> float:
        return float(value)


class ItemsField(StrictField):
    """A list of at most 1,000 values, kept in the order sent. The message names the first bad one by its place."""

    no_list: ClassVar[Any]
    too_many: ClassVar[Any]

    def check_item(self, item: Any) -> None:
        raise NotImplementedError

    def to_internal_value(self, value: Any) -> list[Any]:
        if type(value) is not list:
            raise Refused(str(self.no_list))
        if len(value) > MAX_ITEMS:
            raise Refused(self.too_many % {"most": MAX_ITEMS})
        check_item, place = self.check_item, 0
        try:
            for place, item in enumerate(value):  # noqa: B007  # named in the message
                check_item(item)
        except ValueError as fault:
            raise Refused(gettext("item %(place)s %(fault)s") % {"place": place, "fault": fault}) from None
        return value


class RegionsField(ItemsField):
    no_list = _("must be a list of regions")
    too_many = _("must hold at most %(most)s regions")
    _region = IdField()

    def check_item(self, item: Any) -> None:
        self._region.to_internal_value(item)


class HoursField(ItemsField):
    no_list = _("must be a list of windows")
    too_many = _("must hold at most %(most)s windows")

    def check_item(self, item: Any) -> None:
        if type(item) is not str:
            raise Refused(gettext('must be a string written "HH:MM-HH:MM"'))
        parse_window(item)


class InstantField(StrictField):
    def to_internal_value(self, value: Any) -> datetime:
        if type(value) is not str:
            raise Refused(gettext("must be a string with an RFC 3339 date and time"))
        return parse_instant(value)

    def to_representation(self, value: datetime) -> str:
        return format_instant(value)


def unknown_fields(sent: Iterable[str], known: Collection[str], *, most: int = MAX_UNKNOWN) -> Faults:
    """Return a message for each of the first `most` names that are not known, and `__core__` counts the others."""
    unknown = [name for name in sent if name not in known]
    if not unknown:
        return {}
    faults = dict.fromkeys(unknown[:most], gettext("is unknown; known: %(names)s") % {"names": ", ".join(known)})
    if more := len(unknown[most:]):
        faults["__core__"] = gettext("%(more)s more fields are unknown") % {"more": more}
    return faults


class StrictSerializer(serializers.Serializer):
    """Checks a JSON object against the declared fields: all of them, nothing else, no coercion."""

    def run_validation(self, data: Any = serializers.empty) -> NoReturn:
        """DRF's own way, by `is_valid`, knows no Refused and coerces."""
        raise NotImplementedError("A strict serializer checks by `checked`, not by `is_valid`.")

    @classmethod
    @cache
    def declared(cls) -> dict[str, serializers.Field]:
        return cls().get_fields()

    @classmethod
    @cache
    def checks(cls) -> dict[str, Callable[[Any], Any]]:
        return {name: field.to_internal_value for name, field in cls.declared().items()}

    @classmethod
    def represented(cls, record: Any) -> dict[str, Any]:
        """Return the record as JSON values. DRF's `data` copies every declared field for each answer."""
        return {name: field.to_representation(getattr(record, name)) for name, field in cls.declared().items()}

    @classmethod
    def faults_of(
        cls, sent: dict[str, Any], values: dict[str, Any], *, partial: bool = False, most_unknown: int = MAX_UNKNOWN
    ) -> Faults:
        """Put the good values of `sent` into `values` and return a message for each bad, missing or unknown field."""
        checks = cls.checks()
        faults: Faults = {}
        missing = 0
        for name, check in checks.items():
            if name in sent:
                try:
                    values[name] = check(sent[name])
                except ValueError as fault:
                    faults[name] = str(fault)
            else:
                missing += 1
                if not partial:
                    faults[name] = gettext("is required")
        if len(sent) + missing > len(checks):  # to count costs a tenth less than to compare the names
            faults |= unknown_fields(sent, checks, most=most_unknown)
        return faults

    @classmethod
    def checked(cls, body: dict[str, Any]) -> dict[str, Any]:
        """Return the values of a single body. Raises ValidationFailed."""
        values: dict[str, Any] = {}
        if faults := cls.faults_of(body, values):
            raise ValidationFailed(dict(faults))
        return values

    @classmethod
    def checked_change(cls, body: dict[str, Any], *, list_name: str, object_id: int) -> dict[str, Any]:
        """Return the values of a partial change of one object. Raises ValidationFailed with the report of a PATCH."""
        values: dict[str, Any] = {}
        nulls = [name for name in cls.checks() if name in body and body[name] is None]
        faults = cls.faults_of({name: sent for name, sent in body.items() if name not in nulls}, values, partial=True)
        if nulls:
            faults["__core__"] = gettext("null is no value for: %(names)s") % {"names": ", ".join(nulls)}
        if faults:
            raise ValidationFailed({list_name: [{"id": object_id}], str(object_id): faults})
        return values

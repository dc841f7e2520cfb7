"""Strict fields and the serializer that names every fault (contract, "Everywhere" and "The validation report").

A field states its rule once, in `to_internal_value`; imports of 100,000 objects, single bodies and the file readers all
call that same rule, unbound: a serializer here needs no instance to check a value.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any, ClassVar

from rest_framework import serializers

from sweets_store.errors import ValidationFailed
from sweets_store.hours import parse_window
from sweets_store.instants import format_instant, parse_instant

MAX_ID = 2**63 - 1
MAX_OBJECTS = 100_000
MAX_REPORTED = 10_000
MAX_ITEMS = 1_000

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
            raise Refused(f"must be an integer from 1 to {MAX_ID}")
        return value


class ChoiceField(StrictField):
    def __init__(self, choices: Sequence[str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.choices = tuple(choices)

    def to_internal_value(self, value: Any) -> str:
        if not isinstance(value, str) or value not in self.choices:
            raise Refused(f"must be one of: {', '.join(self.choices)}")
        return value


class WeightField(StrictField):
    """Kilograms, exact to 10 grams."""

    LIGHTEST, HEAVIEST = Decimal("0.01"), Decimal(50)

    def to_internal_value(self, value: Any) -> Decimal:
        if type(value) is int and 1 <= value <= 50:
            return Decimal(value)
        if type(value) is not Decimal or not self.LIGHTEST <= value <= self.HEAVIEST:
            raise Refused("must be a number of kilograms from 0.01 to 50")
        rounded = round(value, 2)
        if rounded != value:
            raise Refused("must have at most two decimals")
        return rounded

    def to_representation(self, value: Decimal) -> float:
        return float(value)


class ItemsField(StrictField):
    """A list of at most 1,000 values, kept in the order sent. The message names the first bad one by its place."""

    what: ClassVar[str]

    def check_item(self, item: Any) -> None:
        raise NotImplementedError

    def to_internal_value(self, value: Any) -> list[Any]:
        if type(value) is not list:
            raise Refused(f"must be a list of {self.what}")
        if len(value) > MAX_ITEMS:
            raise Refused(f"must hold at most {MAX_ITEMS} {self.what}, not {len(value)}")
        for place, item in enumerate(value):
            try:
                self.check_item(item)
            except ValueError as fault:
                raise Refused(f"item {place} {fault}") from None
        return value


class RegionsField(ItemsField):
    what = "regions"
    _region = IdField()

    def check_item(self, item: Any) -> None:
        self._region.to_internal_value(item)


class HoursField(ItemsField):
    what = "windows"

    def check_item(self, item: Any) -> None:
        if type(item) is not str:
            raise Refused('must be a string written "HH:MM-HH:MM"')
        parse_window(item)


class InstantField(StrictField):
    def to_internal_value(self, value: Any) -> datetime:
        if type(value) is not str:
            raise Refused("must be a string with an RFC 3339 date and time")
        return parse_instant(value)

    def to_representation(self, value: datetime) -> str:
        return format_instant(value)


class StrictSerializer(serializers.Serializer):
    """Checks a JSON object against the declared fields: all of them, nothing else, no coercion."""

    @classmethod
    @cache
    def rules(cls) -> dict[str, Callable[[Any], Any]]:
        return {name: field.to_internal_value for name, field in cls._declared_fields.items()}

    @classmethod
    def faults_of(cls, sent: dict[str, Any], values: dict[str, Any], *, partial: bool = False) -> Faults:
        """Put the good values of `sent` into `values` and return a message for each bad, missing or unknown field."""
        rules = cls.rules()
        faults: Faults = {}
        for name, rule in rules.items():
            try:
                values[name] = rule(sent[name])
            except KeyError:
                if not partial:
                    faults[name] = "is required"
            except ValueError as fault:
                faults[name] = str(fault)
        if len(sent) + len(faults) > len(rules) or partial:
            faults |= {name: f"is unknown; known are: {', '.join(rules)}" for name in sent if name not in rules}
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
        nulls = [name for name in cls.rules() if name in body and body[name] is None]
        faults = cls.faults_of({name: sent for name, sent in body.items() if name not in nulls}, values, partial=True)
        if nulls:
            faults["__core__"] = f"null is no value for: {', '.join(nulls)}"
        if faults:
            raise ValidationFailed({list_name: [{"id": object_id}], str(object_id): faults})
        return values


@dataclass(slots=True)
class CheckedImport:
    """The objects of an import: the values of the good ones, the faults of the bad ones, by their place."""

    list_name: str
    id_name: str
    values: dict[int, dict[str, Any]] = field(default_factory=dict)
    ids: dict[int, int] = field(default_factory=dict)
    faults: dict[int, Faults] = field(default_factory=dict)
    top_faults: Faults = field(default_factory=dict)

    def refuse(self, place: int, field_name: str, message: str) -> None:
        """Move the object at `place` to the bad ones; a fault already named for the field stays."""
        self.values.pop(place, None)
        self.faults.setdefault(place, {}).setdefault(field_name, message)

    def refuse_ids(self, taken: set[int], message: str) -> None:
        for place, object_id in self.ids.items():
            if object_id in taken:
                self.refuse(place, self.id_name, message)

    def raise_if_bad(self) -> None:
        if self.faults:
            raise ValidationFailed(self.top_faults | self._report())
        if self.top_faults:
            raise ValidationFailed(dict(self.top_faults))

    def _report(self) -> dict[str, Any]:
        reported = sorted(self.faults)[:MAX_REPORTED]
        report: dict[str, Any] = {
            self.list_name: [{"id": i} for i in dict.fromkeys(self.ids[p] for p in reported if p in self.ids)]
        }
        for place in reported:
            key = str(self.ids[place]) if place in self.ids else f"data[{place}]"
            report.setdefault(key, {}).update(self.faults[place])
        if more := len(self.faults) - len(reported):
            report["data"] = f"… and {more} more"
        return report


class ImportedSerializer(StrictSerializer):
    """A serializer whose first field is the object's id, given by the client. `list_name` heads the report."""

    list_name: ClassVar[str]

    @classmethod
    def id_name(cls) -> str:
        return next(iter(cls.rules()))

    @classmethod
    def checked_import(cls, body: dict[str, Any]) -> CheckedImport:
        """Check `{"data": [...]}` whole. What it finds stands in the result; nothing is raised yet."""
        checked = CheckedImport(cls.list_name, cls.id_name())
        checked.top_faults = {name: "is unknown; known is: data" for name in body if name != "data"}
        objects = body.get("data")
        if not isinstance(objects, list):
            checked.top_faults["data"] = "must be a list of objects" if "data" in body else "is required"
        elif len(objects) > MAX_OBJECTS:
            checked.top_faults["data"] = (
                f"must hold at most {MAX_OBJECTS} objects, not {len(objects)}; send it in parts"
            )
        else:
            cls.check_objects(enumerate(objects), checked)
        return checked

    @classmethod
    def check_objects(cls, objects: Iterator[tuple[int, Any]], checked: CheckedImport) -> None:
        id_name = checked.id_name
        seen: set[int] = set()
        twice: set[int] = set()
        for place, sent in objects:
            if type(sent) is not dict:
                checked.refuse(place, "__core__", "must be an object")
                continue
            values: dict[str, Any] = {}
            if faults := cls.faults_of(sent, values):
                checked.faults[place] = faults
            else:
                checked.values[place] = values
            if id_name in values:
                object_id = checked.ids[place] = values[id_name]
                (twice if object_id in seen else seen).add(object_id)
        if twice:
            checked.refuse_ids(twice, "stands more than once in this import")

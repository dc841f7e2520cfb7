"""An import's objects as the API takes them: `{"data": [...]}`, checked whole (contract, "The validation report")."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, ClassVar, Protocol

from django.utils.translation import gettext

from sweets_store.errors import ValidationFailed
from sweets_store.serializers import MAX_UNKNOWN, Faults, StrictSerializer, unknown_fields

MAX_OBJECTS = 100_000
MAX_REPORTED = 10_000
# Enough for 10,000 objects of which all four fields are bad and two more unknown.
MAX_REPORT_CHARACTERS = 4_000_000

Row = tuple[Any, ...]


class Members(Protocol):
    """A JSON object: a dict, or one that is read as a stream."""

    def items(self) -> Iterable[tuple[str, Any]]: ...


@dataclass(slots=True)
class CheckedImport:
    """What is kept of an import's objects: the good ones as rows, of the bad ones what the report names.

    A place is an index in `data`. `ids` has None at the place of an object without a usable id; `rows` is empty once an
    object is bad; `faults` are those of the first 10,000 bad objects.
    """

    list_name: str
    id_name: str
    rows: list[Row] = field(default_factory=list)
    ids: list[int | None] = field(default_factory=list)
    bad: set[int] = field(default_factory=set)
    faults: dict[int, Faults] = field(default_factory=dict)
    top_faults: Faults = field(default_factory=dict)
    characters: int = 0

    @property
    def most_unknown(self) -> int:
        """How many unknown fields of one more object are named; once the report is long, none: so it has a bound."""
        return MAX_UNKNOWN if self.characters < MAX_REPORT_CHARACTERS else 0

    def usable_ids(self) -> list[int]:
        return [object_id for object_id in self.ids if object_id is not None]

    def refuse(self, place: int, faults: Faults) -> None:
        """Count the object at `place` among the bad ones; places ascend."""
        self.rows.clear()
        self.bad.add(place)
        if len(self.faults) < MAX_REPORTED:
            self.faults[place] = faults
            self.characters += sum(len(name) + len(text) for name, text in faults.items())

    def refuse_ids(self, ids: set[int], message: str) -> None:
        """Refuse the objects with these ids; a fault already named for an id stays."""
        places = [place for place, object_id in enumerate(self.ids) if object_id in ids]
        if places:
            self.rows.clear()
            self.bad.update(places)
        for place in places[:MAX_REPORTED]:
            self.faults.setdefault(place, {}).setdefault(self.id_name, message)

    def raise_if_bad(self) -> None:
        if self.bad:
            raise ValidationFailed(self.top_faults | self._report())
        if self.top_faults:
            raise ValidationFailed(dict(self.top_faults))

    def _report(self) -> dict[str, Any]:
        reported = sorted(self.bad)[:MAX_REPORTED]
        listed = dict.fromkeys(self.ids[place] for place in reported)
        report: dict[str, Any] = {self.list_name: [{"id": object_id} for object_id in listed if object_id is not None]}
        for place in reported:
            object_id = self.ids[place]
            key = f"data[{place}]" if object_id is None else str(object_id)
            report.setdefault(key, {}).update(self.faults[place])
        if more := len(self.bad) - len(reported):
            report["data"] = f"… and {more} more"
        return report


class ImportedSerializer(StrictSerializer):
    """A serializer whose first field is the object's id, given by the client.

    `list_name` heads the report; `row_of` makes of an object's values, in the order of the fields, what the
    service stores: the id first. `other_way` says what to do about an id that a file gives to another content;
    `sample` are objects as a file may hold them.
    """

    list_name: ClassVar[str]
    other_way: ClassVar[Any]
    sample: ClassVar[list[dict[str, Any]]]
    row_of: ClassVar["staticmethod[..., Row]"]

    @classmethod
    def id_name(cls) -> str:
        return next(iter(cls.checks()))

    @classmethod
    def checked_import(cls, body: Members) -> CheckedImport:
        """Check `{"data": [...]}` whole. What it finds stands in the result; nothing is raised yet but BrokenJSON."""
        checked = CheckedImport(cls.list_name, cls.id_name())
        names, fault = [], "is required"
        for name, value in body.items():
            names.append(name)
            if name == "data":
                fault = cls.check_list(value, checked)
        checked.top_faults = unknown_fields(names, ["data"])
        if fault:
            checked.top_faults["data"] = fault
        return checked

    @classmethod
    def check_list(cls, value: Any, checked: CheckedImport) -> str:
        """Check the objects; return what is wrong with the list itself, of which then nothing else is told."""
        if not isinstance(value, (list, Iterator)):
            return gettext("must be a list of objects")
        objects = iter(value)
        cls.check_objects(islice(objects, MAX_OBJECTS), checked)
        if more := sum(1 for _ in objects):
            checked.rows, checked.ids, checked.bad = [], [], set()
            told = {"most": MAX_OBJECTS, "count": MAX_OBJECTS + more}
            return gettext("must hold at most %(most)s objects, not %(count)s; send it in parts") % told
        return ""

    @classmethod
    def check_objects(cls, objects: Iterator[Any], checked: CheckedImport) -> None:
        judge = cls.judge()
        ids, rows, bad = checked.ids, checked.rows, checked.bad
        for place, sent in enumerate(objects):
            row, faults = judge(sent, checked.most_unknown)
            ids.append(row[0])
            if faults:
                checked.refuse(place, faults)
            elif not bad:
                rows.append(row)
        usable = checked.usable_ids()
        if len(set(usable)) < len(usable):
            twice = {object_id for object_id, count in Counter(usable).items() if count > 1}
            checked.refuse_ids(twice, gettext("stands more than once in this import"))

    @classmethod
    def judge(cls) -> Callable[..., tuple[Row, Faults]]:
        """Return what makes of an object its row, or of a bad one its id, None if it has no usable one, and its faults.

        Its second argument is how many unknown fields are named; the others are counted.
        Nearly all objects are good, so a row is tried for before faults are looked for; both call the same checks.
        """
        checks, row_of, id_name, no_faults = tuple(cls.checks().items()), cls.row_of, cls.id_name(), Faults()

        def judge_object(sent: Any, most_unknown: int = MAX_UNKNOWN) -> tuple[Row, Faults]:
            if type(sent) is not dict:
                return (None,), {"__core__": gettext("must be an object")}
            if len(sent) == len(checks):
                try:
                    values = [check(sent[name]) for name, check in checks]
                except (KeyError, ValueError):
                    pass
                else:
                    return row_of(*values), no_faults
            good_values: dict[str, Any] = {}
            faults = cls.faults_of(sent, good_values, most_unknown=most_unknown)
            return (good_values.get(id_name),), faults

        return judge_object

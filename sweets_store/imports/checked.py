"""An import's objects as the API takes them: `{"data": [...]}`, checked whole (contract, "The validation report")."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar

from sweets_store.errors import ValidationFailed
from sweets_store.serializers import Faults, StrictSerializer, unknown_fields

MAX_OBJECTS = 100_000
MAX_REPORTED = 10_000


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

    def refuse_ids(self, ids: set[int], message: str) -> None:
        for place, object_id in self.ids.items():
            if object_id in ids:
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
        return next(iter(cls.checks()))

    @classmethod
    def checked_import(cls, body: dict[str, Any]) -> CheckedImport:
        """Check `{"data": [...]}` whole. What it finds stands in the result; nothing is raised yet."""
        checked = CheckedImport(cls.list_name, cls.id_name())
        checked.top_faults = unknown_fields(body, ["data"])
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
        faults_of, id_name = cls.faults_of, checked.id_name
        seen: set[int] = set()
        twice: set[int] = set()
        for place, sent in objects:
            if type(sent) is not dict:
                checked.refuse(place, "__core__", "must be an object")
                continue
            values: dict[str, Any] = {}
            if faults := faults_of(sent, values):
                checked.faults[place] = faults
            else:
                checked.values[place] = values
            if id_name in values:
                object_id = checked.ids[place] = values[id_name]
                (twice if object_id in seen else seen).add(object_id)
        if twice:
            checked.refuse_ids(twice, "stands more than once in this import")

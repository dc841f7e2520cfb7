"""A deed: what it asks for, the rows that it is done to, and how it tells what comes of each."""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any, ClassVar, NamedTuple

from django import forms
from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bundles.rehearsal import ChangedMeanwhile, UseCase, carry_out, rehearse
from record.models import Event
from sweets_store.away import AWAY, log_away
from sweets_store.errors import DomainError

MOST_ROWS = 100

Asked = dict[str, Any]  # the cleaned data of a deed's form


class Row(NamedTuple):
    """What the use case is done to. `key` is its record's number; `courier_ids` are those whose bundles it changes."""

    key: int
    record: SafeString
    use_case: UseCase[Any]
    courier_ids: Sequence[int]


class Seen(NamedTuple):
    """What a row came to, and the last that had happened to its record before: where it was done and taken back since
    it was shown, it would come to the same again.
    """

    outcome: Any
    last_event: int | None


class Told(NamedTuple):
    """What a row comes, or came, to. `shown` stands for the outcome, None where there is none to be done."""

    row: Row
    words: str
    shown: str | None


class Deed:
    """`records` is the field of its form that names them; `model` is of these records, as `<app>.<model>`."""

    name: ClassVar[str]
    title: ClassVar[str | Promise]
    permission: ClassVar[str] = "dispatchers.dispatch"
    model: ClassVar[str]
    records: ClassVar[str]
    form: ClassVar[type[forms.Form]]
    from_lists: ClassVar[bool] = True  # whether several can be chosen for it
    assigning: ClassVar[bool] = False  # whether its use case chooses among free orders

    def initial(self, chosen: dict[str, str]) -> dict[str, Any]:
        """What its form begins with, where `chosen` are the records."""
        return dict(chosen)

    def rows(self, asked: Asked) -> list[Row]:
        """At most MOST_ROWS rows of what a valid form asked for; what it left open in `asked` is settled there."""
        raise NotImplementedError

    def words(self, outcome: Any, asked: Asked) -> str | SafeString:
        """What happened, or would happen, in one sentence."""
        raise NotImplementedError

    def objection(self, outcome: Any, asked: Asked) -> str:
        """Why the outcome is nothing that could be done; empty where it could."""
        return ""

    def essence(self, outcome: Any) -> Any:
        """What of the outcome must be as it was shown."""
        return outcome

    def shown(self, seen: Seen) -> str:
        return sha256(repr((self.essence(seen.outcome), seen.last_event)).encode()).hexdigest()[:20]

    def preview(self, asked: Asked) -> list[Told]:
        """What would come of each row, if they were done now in this order. Nothing is changed."""
        rows = self.rows(asked)
        couriers = {courier_id for row in rows for courier_id in row.courier_ids}
        outcomes = rehearse([self._seen(row) for row in rows], courier_ids=couriers, assigning=self.assigning)
        return [self._foretold(row, outcome, asked) for row, outcome in zip(rows, outcomes, strict=True)]

    def _seen(self, row: Row) -> UseCase[Seen]:
        def use_case() -> Seen:
            last_event = events_of(self.model, row.key).order_by("-pk").values_list("pk", flat=True).first()
            return Seen(row.use_case(), last_event)

        return use_case

    def _foretold(self, row: Row, seen: Seen | DomainError, asked: Asked) -> Told:
        if isinstance(seen, DomainError):
            return Told(row, str(seen), None)
        if objection := self.objection(seen.outcome, asked):
            return Told(row, objection, None)
        return Told(row, self.words(seen.outcome, asked), self.shown(seen))

    def do(self, asked: Asked, shown: Mapping[int, str]) -> list[Told]:
        """Do each row that was shown, in a transaction of its own, if it still comes to that; tell what came of it.

        Where the database refuses, the rows before stay done and are told; those after are not tried, for each would
        wait as long.
        """
        rows = [row for row in self.rows(asked) if row.key in shown]
        told: list[Told] = []
        for row in rows:
            try:
                told.append(self._done(row, asked, shown[row.key]))
            except AWAY as fault:
                log_away(f"to {self.name} {row.key}", fault)
                told.append(Told(row, _("The database is away or locked: look whether this was done."), None))
                break
        not_tried = _("Not done: the database is away or locked. Try again in a moment.")
        return told + [Told(row, not_tried, None) for row in rows[len(told) :]]

    def _done(self, row: Row, asked: Asked, shown: str) -> Told:
        def as_shown(seen: Seen) -> bool:
            return not self.objection(seen.outcome, asked) and self.shown(seen) == shown

        try:
            seen = carry_out(self._seen(row), courier_ids=row.courier_ids, expected=as_shown)
        except ChangedMeanwhile as changed:
            outcome = changed.facts["outcome"].outcome
            now = self.objection(outcome, asked) or self.words(outcome, asked)
            return Told(row, format_html("{} {}", _("Not done, for something changed meanwhile. Now:"), now), None)
        except DomainError as refusal:
            return Told(row, str(refusal), None)
        return Told(row, self.words(seen.outcome, asked), shown)


def events_of(model: str, number: int) -> QuerySet[Event]:
    """What has happened to the record of this number."""
    events = Event.objects
    match model:
        case "couriers.courier":
            return events.of_courier(number)
        case "bundles.bundle":
            return events.of_bundle(number)
    return events.of_order(number)


def counted_orders(count: int) -> str:
    return ngettext("%(count)s order", "%(count)s orders", count) % {"count": count}

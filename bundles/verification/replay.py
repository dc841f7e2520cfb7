"""Every row follows from the events on record: these are replayed, and what they make is held against the row."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from heapq import merge
from itertools import groupby
from operator import attrgetter
from typing import Any, NamedTuple

from bundles.verification.fault import Fault, Faults, shown
from bundles.verification.stored import EventRow, RowOnRecord, events_of, rows_on_record
from bundles.verification.values import or_null, read_flag, read_json, read_time, read_type, read_weight
from record.models import What
from sweets_store.instants import parse_instant

ACCEPT = "If the store is right as it is, `manage.py verify_store --accept` puts it on record so"


class DoesNotFollow(Exception):
    """An event cannot have happened to what the events before it made."""


State = dict[str, Any]
Replay = Callable[[State | None, EventRow, Mapping[str, Any]], State | None]


class Kind(NamedTuple):
    """`replay` makes of a state and an event with its details the next state; None is what is not there.

    `columns` reads what a state names from the row.
    """

    name: str
    replay: Replay
    columns: dict[str, Callable[[Any], Any]]


def record_faults() -> Faults:
    """Yield every row that does not follow from the record, and every event that does not follow from those before."""
    return (fault for _, _, fault in off_the_record())


def off_the_record() -> Iterator[tuple[str, int, Fault]]:
    """Yield the same, each with the kind and the id of what it is about."""
    for kind in KINDS:
        rows: Iterable[Any] = merge(events_of(kind.name), rows_on_record(kind.name), key=attrgetter("record_id"))
        for record_id, one in groupby(rows, key=attrgetter("record_id")):
            for fault in _faults_of(kind, f"{kind.name} {record_id!a}", one):
                yield kind.name, record_id, fault


def _faults_of(kind: Kind, subject: str, one: Iterator[EventRow | RowOnRecord]) -> Faults:
    state: State | None = None
    row = last = None
    broken: list[Fault] = []
    for each in one:
        if isinstance(each, RowOnRecord):
            row = each
            continue
        last = each
        if each.what == What.FOUND:  # whatever was before, this is where it begins anew
            broken.clear()
        try:
            state = kind.replay(state, each, _details(each))
        except (DoesNotFollow, KeyError, ValueError, TypeError, AttributeError) as fault:
            why = fault if isinstance(fault, DoesNotFollow) else f"its details cannot be read: {shown(each.details)}"
            what = f"event {each.event_id} ({shown(each.what)}) does not follow from those before it: {why}. {ACCEPT}."
            broken.append(Fault("event_does_not_follow", subject, what))
    yield from broken
    if row is not None and last is None:
        yield Fault("not_on_record", subject, f"nothing on record tells of it. {ACCEPT}.")
    elif row is not None and state is None:
        yield Fault("not_on_record", subject, f"the record ends with its being gone. {ACCEPT}.")
    elif row is None and state is not None:
        yield Fault("gone", subject, f"it is on record, but not in the store. Restore it. {ACCEPT}.")
    elif row is not None and state is not None:
        yield from _differences(kind, subject, row, state)


def _differences(kind: Kind, subject: str, row: RowOnRecord, state: State) -> Faults:
    told = []
    for name, stored in zip(kind.columns, row.values, strict=True):
        try:
            value = kind.columns[name](stored)
        except ValueError:  # named as a bad value already
            continue
        if value != state.get(name):
            told.append(f"{name} is {shown(_plain(stored))}, on record it is {shown(_plain(state.get(name)))}")
    if told:
        yield Fault("off_the_record", subject, f"{'; '.join(told)}. Set it to what is on record. {ACCEPT}.")


def _details(event: EventRow) -> Mapping[str, Any]:
    details = read_json(event.details)
    return details if isinstance(details, dict) else {}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat(" ")
    return float(value) if isinstance(value, Decimal) else value


def _time(text: str | None) -> datetime | None:
    return None if text is None else parse_instant(text).replace(tzinfo=None)


def _must(holds: object, otherwise: str) -> None:
    if not holds:
        raise DoesNotFollow(otherwise)


# Couriers


def courier_after(state: State | None, event: EventRow, details: Mapping[str, Any]) -> State | None:
    own = event.bundle_id is None
    match event.what:
        case What.FOUND if own:
            return dict(details) or None
        case What.HIRED if own:
            _must(state is None, "he is hired already")
            return {**details, "earnings": 0}
        case What.CHANGED if own:
            known = _known(state)
            for name, change in details.items():
                _must(known[name] == change["from"], f"{name} was not {shown(change['from'])} before")
            return known | {name: change["to"] for name, change in details.items()}
        case What.COMPLETED | What.REOPENED if not own:
            known = _known(state)
            return known | {"earnings": known["earnings"] + details["pay"]}
        case What.FORMED | What.FOUND:
            return state
    raise DoesNotFollow("no such thing happens to a courier")


# Bundles


def bundle_after(state: State | None, event: EventRow, details: Mapping[str, Any]) -> State | None:
    if event.order_id is not None:
        return _bundle_after_order(state, event)
    match event.what:
        case What.FOUND if not details:
            return None
        case What.FOUND:
            return {**details, "courier_id": event.courier_id, "assign_time": _time(details["assign_time"])}
        case What.FORMED:
            _must(state is None, "it is formed already")
            return {
                "courier_id": event.courier_id,
                "courier_type": details["courier_type"],
                "assign_time": _time(details["assign_time"]),
                "is_completed": False,
                "released_orders": 0,
            }
        case What.COMPLETED | What.REOPENED:
            known = _known(state)
            completes = event.what == What.COMPLETED
            _must(known["is_completed"] != completes, "it is so already")
            return known | {"is_completed": completes}
    raise DoesNotFollow("no such thing happens to a bundle")


def _bundle_after_order(state: State | None, event: EventRow) -> State | None:
    """The order's own replay tells whether what happened to it follows."""
    if event.what == What.FOUND:
        return state
    known = _known(state)
    _must(event.courier_id == known["courier_id"], f"bundle {event.bundle_id} is courier {known['courier_id']!a}'s")
    if event.what == What.RELEASED:
        return known | {"released_orders": known["released_orders"] + 1}
    return known


# Orders


def order_after(state: State | None, event: EventRow, details: Mapping[str, Any]) -> State | None:
    match event.what:
        case What.FOUND if not details:
            return None
        case What.FOUND:
            return {**details, "bundle_id": event.bundle_id, "complete_time": _time(details["complete_time"])}
        case What.IMPORTED:
            _must(state is None, "it is imported already")
            return {**details, "bundle_id": None, "complete_time": None}
        case What.ASSIGNED:
            known = _known(state)
            _must(known["bundle_id"] is None, f"it was in bundle {known['bundle_id']!a}")
            return known | {"bundle_id": event.bundle_id}
    known = _known(state)
    _must(known["bundle_id"] == event.bundle_id, f"it was not in bundle {event.bundle_id!a}")
    match event.what:
        case What.RELEASED:
            _must(known["complete_time"] is None, "it was delivered")
            return known | {"bundle_id": None}
        case What.COMPLETED:
            _must(known["complete_time"] is None, "it was delivered already")
            return known | {"complete_time": _time(details["complete_time"])}
        case What.UNDONE:
            _must(known["complete_time"] == _time(details["complete_time"]), "it was not delivered then")
            return known | {"complete_time": None}
    raise DoesNotFollow("no such thing happens to an order")


def _known(state: State | None) -> State:
    if state is None:
        raise DoesNotFollow("nothing was known of it before")
    return state


def _same(stored: Any) -> Any:
    return stored


KINDS = [
    Kind(
        "courier",
        courier_after,
        {"courier_type": read_type, "regions": read_json, "working_hours": read_json, "earnings": _same},
    ),
    Kind(
        "bundle",
        bundle_after,
        {
            "courier_id": _same,
            "courier_type": read_type,
            "assign_time": read_time,
            "is_completed": read_flag,
            "released_orders": _same,
        },
    ),
    Kind(
        "order",
        order_after,
        {
            "weight": read_weight,
            "region": _same,
            "delivery_hours": read_json,
            "bundle_id": _same,
            "complete_time": or_null(read_time),
        },
    ),
]

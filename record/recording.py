"""Writes of the record: what a use case did, by one statement in its transaction."""

import json
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Model
from django.utils import timezone

from record.models import Event, What
from sweets_store.acting import acting
from sweets_store.bulk import insert_rows
from sweets_store.instants import instant_to_column


class Happened(NamedTuple):
    """See `Event`: an order's if it has one, else the bundle's if it has one, else the courier's."""

    what: What
    courier_id: int | None = None
    bundle_id: int | None = None
    order_id: int | None = None
    details: dict[str, Any] | None = None


def record(happened: Sequence[Happened]) -> None:
    """Put on record what happened, in that order, now, and done by whom `acting` names."""
    if not happened:
        return
    with connection.cursor() as cursor:
        cursor.execute(_RECORD[connection.vendor], [*when_and_who(), json.dumps(happened)])


def record_import(what: What, id_column: str, events: Iterable[tuple[int, str]]) -> None:
    """Put on record what was imported: each by its id, with the details as JSON text."""
    context = (*when_and_who(), what.value)
    columns = ("at", "door", "actor", "request_id", "what", id_column, "details")
    insert_rows(Event, columns, ((*context, object_id, details) for object_id, details in events))


def when_and_who() -> list[Any]:
    """What the columns `at`, `door`, `actor` and `request_id` are to hold."""
    door, actor, request_id, at = acting()
    return [instant_to_column(at or timezone.now()), door, actor, request_id]


def as_json(model: type[Model], columns: Sequence[str]) -> str:
    """The SQL that makes of a row's columns the details of an event: an object, its times in RFC 3339."""
    words = _AS_JSON[connection.vendor]
    held = [f"'{name}', {words[_kind(model, name)].format(name)}" for name in columns]
    return words["object"].format(", ".join(held))


def _kind(model: type[Model], column: str) -> str:
    kind = model._meta.get_field(column).get_internal_type()
    return kind if kind in ("JSONField", "DateTimeField", "BooleanField") else "plain"


_COLUMNS = "what, courier_id, bundle_id, order_id, details"
_RECORD = {
    "postgresql": f"""
        INSERT INTO events (at, door, actor, request_id, {_COLUMNS})
        SELECT %s, %s, %s, %s, one->>0, (one->>1)::bigint, (one->>2)::bigint, (one->>3)::bigint, one->>4
        FROM jsonb_array_elements(%s::jsonb) AS one
    """,  # noqa: S608  # only our own words
    "sqlite": f"""
        INSERT INTO events (at, door, actor, request_id, {_COLUMNS})
        SELECT %s, %s, %s, %s, json_extract(value, '$[0]'), json_extract(value, '$[1]'),
               json_extract(value, '$[2]'), json_extract(value, '$[3]'), json_extract(value, '$[4]')
        FROM json_each(%s)
    """,  # noqa: S608  # only our own words
}
IDS = {
    "postgresql": "(SELECT value::bigint AS id FROM jsonb_array_elements_text(%s::jsonb)) AS ids",
    "sqlite": "(SELECT value AS id FROM json_each(%s)) AS ids",
}
_AS_JSON = {
    "postgresql": {
        "object": "jsonb_build_object({})::text",
        "plain": "{}",
        "JSONField": "{}",
        "DateTimeField": """to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')""",
        "BooleanField": "{}",
    },
    "sqlite": {
        "object": "json_object({})",
        "plain": "{}",
        "JSONField": "CASE WHEN json_valid({0}) THEN json({0}) ELSE {0} END",
        "DateTimeField": "replace({}, ' ', 'T') || 'Z'",
        "BooleanField": "json(CASE WHEN {} THEN 'true' ELSE 'false' END)",
    },
}

"""What stands in the store is put on record as it is found there."""

import json
from collections import defaultdict

from django.db import connection, transaction
from django.db.models import Model

from bundles.models import Bundle
from bundles.verification.replay import off_the_record
from couriers.models import Courier
from orders.models import Order
from record.recording import IDS, as_json, when_and_who


@transaction.atomic
def take_stock() -> int:
    """Put on record, as it stands, whatever does not follow from the record, so that it does; return how many.

    Writers wait meanwhile: the whole store is read under a lock. That of the couriers keeps out whoever locks one of
    their rows, as every writer of bundles does first of all: so nobody who holds the other tables waits for it.
    """
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("LOCK TABLE couriers IN EXCLUSIVE MODE")
            cursor.execute("LOCK TABLE bundles, orders IN SHARE ROW EXCLUSIVE MODE")
        found: defaultdict[str, set[int]] = defaultdict(set)
        for kind, record_id, _ in off_the_record():
            found[kind].add(record_id)
        for kind, ids in found.items():
            cursor.execute(_statement(kind), [*when_and_who(), json.dumps(list(ids))])
    return sum(map(len, found.values()))


def _statement(kind: str) -> str:
    """What is in no row any more is put on record without details: it is gone."""
    model, others, columns = _KINDS[kind]
    key, table = model._meta.pk.attname, model._meta.db_table
    names, values = ", ".join([key, *others]), ", ".join(["ids.id", *(f"{table}.{other}" for other in others)])
    return f"""
        INSERT INTO events (at, door, actor, request_id, what, {names}, details)
        SELECT %s, %s, %s, %s, 'found', {values}, CASE WHEN {table}.{key} IS NOT NULL THEN {as_json(model, columns)} END
        FROM {IDS[connection.vendor]} LEFT JOIN {table} ON {table}.{key} = ids.id
    """  # noqa: S608  # only our own words


_KINDS: dict[str, tuple[type[Model], list[str], list[str]]] = {
    "courier": (Courier, [], ["courier_type", "regions", "working_hours", "earnings"]),
    "bundle": (Bundle, ["courier_id"], ["courier_type", "assign_time", "is_completed", "released_orders"]),
    "order": (Order, ["bundle_id"], ["weight", "region", "delivery_hours", "complete_time"]),
}

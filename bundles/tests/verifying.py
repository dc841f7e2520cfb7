"""A sound store for the tests of `manage.py verify_store`, and what the command says of it."""

import re
from io import StringIO

from django.core.management import CommandError, call_command

from bundles.models import Bundle
from bundles.tests.guards import guards_down
from orders.models import Order

COURIERS = [
    # id, type, regions, hours
    (1, "foot", [1, 2, 1], ["09:00-12:10"]),
    (2, "bike", [3], ["00:00-23:59"]),
    (3, "car", [4, 2**63 - 1], ["08:00-08:10", "20:00-21:00"]),
    (4, "foot", [], []),
    (2**63 - 1, "car", [5], ["10:00-18:00"]),
]
ORDERS = [
    # id, weight, region, hours
    (11, 0.1, 1, ["09:00-18:00"]),
    (12, 0.2, 2, ["12:09-13:00"]),
    (13, 9.7, 1, ["06:00-07:00", "09:00-09:01"]),
    (21, 4, 3, ["09:00-18:00"]),
    (22, 5.5, 3, ["09:00-18:00"]),
    (23, 5.5, 3, ["09:00-18:00"]),
    (31, 49.93, 4, ["20:59-23:59"]),
    (51, 20, 5, ["10:00-11:00"]),
    (52, 12, 5, ["10:00-11:00"]),
    (61, 0.01, 6, ["00:00-23:59"]),
    (62, 1, 6, []),
    (2**63 - 1, 0.07, 2**63 - 1, ["20:00-20:01"]),
]
RIDES_NOW = COURIERS[-1][0]


def fill_store(api):
    """Have clients bring about some of everything; return bundles' ids by the orders in them.

    11, delivered, 12 and 13 fill the bundle of courier 1, who is on foot. 21 was delivered by courier 2, what else he
    carried was released. Bundle "emptied" had 31, which courier 3 got and lost. 51, delivered, and 52 were handed to a
    courier by car who rides a bike now. The other orders are free.
    """
    fields = ("courier_id", "courier_type", "regions", "working_hours")
    api.post("/couriers", {"data": [dict(zip(fields, courier, strict=True)) for courier in COURIERS]})
    fields = ("order_id", "weight", "region", "delivery_hours")
    api.post("/orders", {"data": [dict(zip(fields, order, strict=True)) for order in ORDERS]})
    for courier_id, *_ in COURIERS:
        api.post("/orders/assign", {"courier_id": courier_id})
    for courier_id, order_id in [(1, 11), (2, 21), (RIDES_NOW, 51)]:
        sent = {"courier_id": courier_id, "order_id": order_id, "complete_time": "2021-01-10T10:33:01.42Z"}
        api.post("/orders/complete", sent)
    api.patch("/couriers/2", {"regions": [7]})
    api.patch("/couriers/3", {"working_hours": ["01:00-02:00"]})
    api.patch(f"/couriers/{RIDES_NOW}", {"courier_type": "bike"})
    bundles = dict(Order.objects.filter(bundle__isnull=False).values_list("order_id", "bundle_id"))
    assert list(bundles) == [11, 12, 13, 21, 51, 52]
    return {f"of_{order_id}": bundle_id for order_id, bundle_id in bundles.items()} | {
        "emptied": Bundle.objects.get(courier_id=3).pk
    }


RECORD_CODES = ("off_the_record", "not_on_record", "gone", "event_does_not_follow")


def verified():
    """Run the command; return its exit code and (code, subject) of each fault that it names."""
    out = StringIO()
    try:
        call_command("verify_store", stdout=out)
    except CommandError as unsound:
        return unsound.returncode, [tuple(line.split(": ", 2)[:2]) for line in out.getvalue().splitlines()]
    assert re.fullmatch(r"sound: \d+ couriers, \d+ bundles, \d+ orders\n", out.getvalue())
    return 0, []


def verified_after(statements, bundles):
    """Corrupt the store of `fill_store` by the statements, verify it and return the same.

    Without what the replay of the record finds, which is nearly all of it: see test_verify_record.py.
    """
    code, named = all_verified_after(statements, bundles)
    return code, [fault for fault in named if fault[0] not in RECORD_CODES]


def all_verified_after(statements, bundles):
    with guards_down() as cursor:
        for statement in statements:
            cursor.execute(statement % bundles)
            assert cursor.rowcount > 0, statement
        return verified()

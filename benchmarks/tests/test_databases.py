import os

import pytest

from benchmarks.data import plain_courier, plain_order
from benchmarks.stores import OwnTarget
from sweets_store.tests.serving import manage

DATABASE = os.environ.get("DATABASE_URL", "sqlite")
LATER = "2199-01-10T10:33:01.700001Z"


@pytest.mark.parametrize("count", [9, 1_000])
def test_a_store_with_copies_of_a_delivered_order_is_sound(count):
    with OwnTarget(DATABASE).opened() as store:
        store.hire([plain_courier(1, region=1, courier_type="bike")])
        store.import_orders([plain_order(2, region=1)])
        store.client.post("/orders/assign", {"courier_id": 1})
        store.client.post("/orders/complete", {"courier_id": 1, "order_id": 2, "complete_time": LATER})

        store.database.add_delivered(2, count)

        verified = manage("verify_store", "--accept", environment=store.environment)
    bundles, orders = count // 10 + 2, count + 1
    assert verified.stdout.splitlines() == [
        f"put on record as found: {bundles + orders - 1}",
        f"sound: 1 couriers, {bundles} bundles, {orders} orders",
    ]

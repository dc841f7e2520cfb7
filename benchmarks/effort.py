"""How much is measured: sizes, repetitions, seconds."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Effort:
    backlogs: tuple[int, ...] = (1_000, 10_000, 100_000, 1_000_000)
    couriers: int = 30
    assigns: int = 200
    delivered_beside: int = 1_000_000
    old_way_rows: int = 3_000_000
    """The old way is repeated until it has read as many open orders, but no fewer than 3 and no more than 30 times."""

    import_orders: int = 10_000
    imports: int = 20
    large_import_orders: int = 100_000
    large_imports: int = 5
    file_lines: int = 1_000_000

    short_history_bundles: int = 1
    long_history_bundles: int = 1_000
    bundle_orders: int = 10
    history_requests: int = 300

    shop_couriers: int = 10_000
    shop_open: int = 100_000
    shop_delivered: int = 900_000
    shop_regions: tuple[int, ...] = (20, 500)
    page_requests: int = 20

    round_seconds: float = 3.0
    rounds: int = 7
    connections: int = 16
    statement_backlog: int = 10_000
    statement_repetitions: int = 200
    workers: tuple[int, ...] = (2, 3, 4)
    threads: tuple[int, ...] = (2, 4, 8)
    worker_rounds: int = 3


FULL = Effort()
QUICK = Effort(
    backlogs=(100, 1_000),
    couriers=3,
    assigns=5,
    delivered_beside=1_000,
    old_way_rows=1,
    import_orders=100,
    imports=2,
    large_import_orders=1_000,
    large_imports=1,
    file_lines=1_000,
    long_history_bundles=3,
    history_requests=5,
    shop_couriers=20,
    shop_open=100,
    shop_delivered=100,
    shop_regions=(20,),
    page_requests=2,
    round_seconds=0.2,
    rounds=1,
    connections=4,
    statement_backlog=100,
    statement_repetitions=5,
    workers=(1,),
    threads=(2,),
    worker_rounds=1,
)

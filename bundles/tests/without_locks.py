"""Takes out each guard of requests side by side in turn, in a copy of this folder, and shows the test that fails.

    .venv/bin/python -m bundles.tests.without_locks

PostgreSQL is TEST_POSTGRESQL_URL, or the server that the tests bring. First everything must be green with all guards
in their places. Exit 1 if a guard can go unnoticed.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

PROJECT = Path(__file__).resolve().parents[2]
NO_PART = shutil.ignore_patterns(".git", ".venv", "var", "__pycache__", ".*_cache")
SECONDS = 300  # for the tests of one guard

SIDE_BY_SIDE = "bundles/tests/test_side_by_side.py"
DISPATCH = "bundles/tests/test_dispatch_side_by_side.py"
MEANWHILE = "dispatchers/tests/test_deeds_meanwhile.py"
ARRIVALS = "bundles/tests/test_arrivals.py"
SERVED = "bundles/tests/test_served_side_by_side.py"
STORM = "bundles/tests/test_storm.py"
IMPORTS = "orders/tests/test_take_orders_side_by_side.py"
RETRIES = "sweets_store/tests/test_retries.py"
KEYS = "sweets_store/tests/test_idempotency.py"


class Guard(NamedTuple):
    """`text` stands exactly once in `path` and is replaced by `instead`; each of `tests` must then fail."""

    name: str
    path: str
    text: str
    instead: str
    database: str
    tests: tuple


GUARDS = [
    Guard(
        "one transaction of an effect and its kept answer",
        "sweets_store/idempotency.py",
        "@retried\n@transaction.atomic\ndef _once",
        "@retried\ndef _once",
        "postgresql",
        (KEYS,),
    ),
    Guard(
        "what PostgreSQL rolled back passed on to who answers once",
        "sweets_store/api.py",
        "            except AWAY:\n                raise\n",
        "",
        "postgresql",
        (RETRIES,),
    ),
    Guard(
        "the body read again by who answers once",
        "sweets_store/api.py",
        "source = request._request if kept is None else BytesIO(kept)",
        "source = request._request",
        "postgresql",
        (RETRIES,),
    ),
    Guard(
        "the courier's row lock",
        "bundles/locks.py",
        " FOR NO KEY UPDATE",
        "",
        "postgresql",
        (SIDE_BY_SIDE, STORM),
    ),
    Guard(
        "the courier's row lock in assign alone",
        "bundles/services.py",
        "    courier = lock_courier(courier_id)\n    if carried := ",
        "    courier = Courier.objects.get(courier_id=courier_id)\n    if carried := ",
        "postgresql",
        (SIDE_BY_SIDE,),
    ),
    Guard(
        "the courier's row lock in complete alone",
        "bundles/services.py",
        "    lock_courier_unread(courier_id)\n",
        "",
        "postgresql",
        (SIDE_BY_SIDE,),
    ),
    Guard(
        "the courier's row lock in change alone",
        "bundles/services.py",
        "    courier = lock_courier(courier_id)\n    if not changes:",
        "    courier = Courier.objects.get(courier_id=courier_id)\n    if not changes:",
        "postgresql",
        (SIDE_BY_SIDE,),
    ),
    Guard(
        "the region locks",
        "bundles/services.py",
        "    lock_regions(courier.regions)\n",
        "",
        "postgresql",
        (SIDE_BY_SIDE, STORM),
    ),
    Guard(
        "one order of the region locks",
        "bundles/locks.py",
        "sorted(set(regions))",
        "list(regions)",
        "postgresql",
        (SIDE_BY_SIDE,),
    ),
    Guard(
        "the lock of all regions against those who work in few",
        "bundles/locks.py",
        "    SELECT pg_advisory_xact_lock_shared(0, 0);\n",
        "",
        "postgresql",
        (SIDE_BY_SIDE,),
    ),
    Guard(
        "the lock of all regions for who works in many",
        "bundles/locks.py",
        '"SELECT pg_advisory_xact_lock(0, 0)"',
        '"SELECT 1"',
        "postgresql",
        (SIDE_BY_SIDE,),
    ),
    Guard(
        "the lock of all couriers' rows while stock is taken",
        "bundles/verification/stock.py",
        '            cursor.execute("LOCK TABLE couriers IN EXCLUSIVE MODE")\n',
        "",
        "postgresql",
        (DISPATCH,),
    ),
    Guard(
        "the courier's row lock in release alone",
        "bundles/dispatch.py",
        "    lock_courier_unread(bundle.courier_id)\n",
        "",
        "postgresql",
        (DISPATCH,),
    ),
    Guard(
        "the row locks of both couriers in move",
        "bundles/dispatch.py",
        "in lock_couriers([bundle.courier_id, courier_id])",
        "in Courier.objects.filter(courier_id__in=[bundle.courier_id, courier_id])",
        "postgresql",
        (DISPATCH,),
    ),
    Guard(
        "the courier's row lock in undo alone",
        "bundles/dispatch.py",
        "    courier = lock_courier(courier_id)\n    order =",
        "    courier = Courier.objects.get(courier_id=courier_id)\n    order =",
        "postgresql",
        (DISPATCH,),
    ),
    Guard(
        "the rows locked together before a rehearsal",
        "bundles/rehearsal.py",
        "    couriers = lock_couriers(courier_ids)\n",
        "    couriers = []\n",
        "postgresql",
        (DISPATCH,),
    ),
    Guard(
        "the couriers' rows locked before it is read what had happened",
        "bundles/rehearsal.py",
        "    lock_couriers(courier_ids)\n    outcome = ",
        "    outcome = ",
        "postgresql",
        (MEANWHILE,),
    ),
    Guard(
        "arrivals shut out while reading often",
        "bundles/candidates.py",
        " and shut_out_arrivals()",
        "",
        "postgresql",
        (ARRIVALS,),
    ),
    Guard(
        "the second beginning once they are shut out",
        "bundles/candidates.py",
        "            taken, shelves = [], regions\n",
        "            pass\n",
        "postgresql",
        (ARRIVALS,),
    ),
    Guard(
        "the announcement of what an import brings",
        "orders/services.py",
        "    announce_arrivals()\n",
        "",
        "postgresql",
        (ARRIVALS,),
    ),
    Guard(
        "the announcement of what a release brings",
        "bundles/releases.py",
        "    announce_arrivals()\n",
        "",
        "postgresql",
        (ARRIVALS,),
    ),
    Guard(
        "one order of the inserted rows",
        "sweets_store/imports/insert.py",
        "sorted(checked.rows)",
        "list(checked.rows)",
        "postgresql",
        (IMPORTS,),
    ),
    Guard(
        "the second look of an import that meets the primary key",
        "sweets_store/imports/insert.py",
        "    except IntegrityError:\n        checked.refuse_ids(ids_in_use(model, ids), str(ID_IN_USE))\n",
        "    except IntegrityError:\n",
        "postgresql",
        (IMPORTS,),
    ),
    Guard(
        "SQLite's BEGIN IMMEDIATE",
        "sweets_store/environment.py",
        '            "transaction_mode": "IMMEDIATE",\n',
        "",
        "sqlite",
        (SERVED, STORM),
    ),
    Guard(
        "the retry",
        "sweets_store/retries.py",
        "TRIES = 4\n",
        "TRIES = 1\n",
        "postgresql",
        (RETRIES,),
    ),
]


def main():
    control()
    noticed = [row for guard in GUARDS for row in without(guard)]
    tell(f"\n{'taken out':<56}  the test that failed first")
    for guard, test in noticed:
        tell(f"{guard.name:<56}  {test or 'NOT NOTICED'}")
    return 0 if all(test for _, test in noticed) else 1


def control():
    for database in ("postgresql", "sqlite"):
        tests = dict.fromkeys(test for guard in GUARDS if guard.database == database for test in guard.tests)
        tell(f"with all guards, on {database}: {' '.join(tests)}")
        with copied() as folder:
            if failed := first_failure(folder, database, *tests):
                sys.exit(f"fails with all guards in their places: {failed}")


def without(guard):
    """Yield (guard, the test that failed first or None) for each of the tests that should notice."""
    for tests in guard.tests:
        tell(f"without {guard.name}, on {guard.database}: {tests}")
        with copied() as folder:
            take_out(guard, folder)
            yield guard, first_failure(folder, guard.database, tests)


@contextmanager
def copied():
    with tempfile.TemporaryDirectory(prefix="without-locks-") as folder:
        yield shutil.copytree(PROJECT, Path(folder) / "copy", ignore=NO_PART)


def take_out(guard, folder):
    source = (folder / guard.path).read_text()
    if source.count(guard.text) != 1:
        sys.exit(f"{guard.name}: stands {source.count(guard.text)} times in {guard.path}, not once:\n{guard.text}")
    (folder / guard.path).write_text(source.replace(guard.text, guard.instead))


def first_failure(folder, database, *tests):
    """Run the tests up to the first that fails and return its name; None if all are green."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", f"--database={database}", *tests]
    run = subprocess.run(command, cwd=folder, env=os.environ, capture_output=True, text=True, timeout=SECONDS)
    failed = re.search(r"^(?:FAILED|ERROR) (\S+)", run.stdout, re.MULTILINE)  # a fixture may notice at the end
    if run.returncode == 0:
        return None
    if run.returncode != 1 or not failed:
        sys.exit(f"the tests could not run:\n{run.stdout}\n{run.stderr}")
    return failed[1]


def tell(line):
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())

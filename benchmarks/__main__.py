"""The command line."""

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from benchmarks import assign, history, imports, pages, rates, workers
from benchmarks.databases import version
from benchmarks.effort import FULL, QUICK, Effort
from benchmarks.report import Figure, Run, as_json, beside, table
from benchmarks.stores import OneStore, OwnTarget, Store, Target, foreign_store

Measure = Callable[[Sequence[Target], Effort], Iterator[Figure]]

CLAIMS: dict[str, Measure] = {
    assign.CLAIM: assign.measure,
    imports.CLAIM: imports.measure,
    history.CLAIM: history.measure,
    pages.CLAIM: pages.measure,
    rates.CLAIM: rates.measure,
    workers.CLAIM: workers.measure,
}
UNASKED = [name for name in CLAIMS if name != workers.CLAIM]

EXPLANATION = """\
Without --database and --url it starts a store of this project on SQLite. Several stores are measured in turn, request
by request, in one run. A store that is started has a database of its own, and a new one for each measurement; a
PostgreSQL URL names a server and a user who may create databases, and nothing in the database of that name is touched.
Of the store's settings it takes WORKERS, THREADS and LOCK_TIMEOUT from the environment.

To a store that runs already only the contract's requests are sent: couriers and orders with ids above a random number,
in regions of their own. They stay there. What needs its database is left out: COPY, executemany, bare SQL, memory, the
import command, a million delivered orders.

The table on standard output is Markdown; a ratio compares medians, and the p99 is left out where there are fewer than
100 values. `workers` is measured only when it is named; it compares gunicorn's settings.
"""


def main(arguments: Sequence[str]) -> None:
    given = parser().parse_args(arguments)
    effort = QUICK if given.quick else FULL
    if given.sizes:
        effort = replace(effort, backlogs=tuple(sorted(given.sizes)))
    databases = given.database or ([] if given.url else ["sqlite"])
    run = Run([version(database) for database in databases], effort)
    figures = []
    with ExitStack() as stack:
        targets: list[Target] = [OwnTarget(database) for database in databases]
        if given.quick:
            targets = [OneStore(stack.enter_context(target.opened())) for target in targets]
        targets += map(OneStore, foreign_stores(given.url, given.against))
        other = targets[-1].name if given.against else ""
        say(f"Measuring {', '.join(given.only)} at {' and '.join(target.name for target in targets)}.")
        for claim in given.only:
            for figure in CLAIMS[claim](targets, effort):
                figures.append(figure)
                say(*figure.rows())
                if given.json:
                    given.json.write_text(as_json(run, beside(figures, other)))
    print(run.heading(), table(beside(figures, other)), sep="\n\n")


def foreign_stores(*urls: str | None) -> Iterator[Store]:
    for url in urls:
        if url:
            store = foreign_store(url)
            say(f"{store.name}: ids and regions from {store.first_id:,} on.")
            yield store


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Measure what the store claims of its speed, each figure beside its limit from the same run.",
        epilog=EXPLANATION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument(
        "--database",
        action="append",
        metavar="sqlite|postgresql://…",
        type=kind_of_database,
        help="start a store on this database; may be given twice",
    )
    made.add_argument("--url", type=http_url, help="measure a store that runs already")
    made.add_argument(
        "--against", metavar="URL", type=http_url, help="another server of the contract, measured in turn"
    )
    made.add_argument(
        "--only", metavar=",".join(CLAIMS), type=claims, default=UNASKED, help=f"default: {','.join(UNASKED)}"
    )
    made.add_argument(
        "--sizes", metavar="N,N…", type=numbers, help="open orders at which assign is measured, two sizes at least"
    )
    made.add_argument(
        "--quick", action="store_true", help="a smoke test of a minute, all in one store; its figures say nothing"
    )
    made.add_argument("--json", metavar="FILE", type=Path, help="write all that was measured, too, after each figure")
    return made


def kind_of_database(text: str) -> str:
    if text != "sqlite" and not text.startswith(("postgres://", "postgresql://")):
        raise argparse.ArgumentTypeError("must be sqlite or begin with postgresql://")
    return text


def http_url(text: str) -> str:
    if not text.startswith("http://"):
        raise argparse.ArgumentTypeError("must begin with http://")
    return text.rstrip("/")


def claims(text: str) -> list[str]:
    named = text.split(",")
    if unknown := [name for name in named if name not in CLAIMS]:
        raise argparse.ArgumentTypeError(f"unknown: {', '.join(unknown)}; there are {', '.join(CLAIMS)}")
    return named


def numbers(text: str) -> list[int]:
    parted = [int(part) for part in text.replace("_", "").split(",")]
    if len(set(parted)) < 2 or min(parted) < 1:
        raise argparse.ArgumentTypeError("must be two positive numbers at least")
    return parted


def say(*lines: str) -> None:
    for line in lines:
        print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])

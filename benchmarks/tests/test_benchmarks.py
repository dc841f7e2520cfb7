"""The whole of the benchmarks in small, on a store of its own and against one that runs already."""

import json
import os
import subprocess
import sys

import pytest
from django.conf import settings

DATABASE = os.environ.get("DATABASE_URL", "sqlite")

ASSIGN = [
    "uniform, 100 open",
    "uniform, 1,000 open",
    "99 % lightest, outside his hours, 100 open",
    "99 % lightest, outside his hours, 1,000 open",
    "99 % lightest, end half an hour before he starts, 100 open",
    "99 % lightest, end half an hour before he starts, 1,000 open",
    "99 % lightest, end within his first half-hour, 100 open",
    "99 % lightest, end within his first half-hour, 1,000 open",
    "500 regions of 5,000, 100 open",
    "500 regions of 5,000, 1,000 open",
    "one region holds everything, 100 open",
    "one region holds everything, 1,000 open",
    "a car full of orders of 0.01 kg, 1,000 open",
    "uniform, 1,000 open while imports of 100 run",
]
IMPORTS = [
    "one request of 100, all good",
    "one request of 100, all bad, with the report",
    "one request of 1,000, all good",
    "one request of 1,000, all bad, with the report",
]
HISTORY = ["GET /couriers/{id}, 30 delivered", "POST /orders/complete, 30 delivered"]
REQUESTS = ["GET /couriers/{id}, 4 connections", "a courier's whole life, 4 connections"]
PAGES = [
    "the board, 20 regions",
    "the list of orders, 20 regions",
    "the orders of a region, 20 regions",
    "an order, 20 regions",
    "why an order is no courier's, 20 regions",
    "the list of couriers, 20 regions",
    "a courier who carries, 20 regions",
    "a day of 50 couriers, 20 regions",
    "the pay slips of this month, 20 regions",
]
EVERYWHERE = {*ASSIGN, *IMPORTS, *HISTORY, *REQUESTS}
OWN_ONLY = {
    "uniform, 1,000 open beside 1,000 delivered",
    *(f"{name}: memory over idle" for name in IMPORTS),
    "import_orders, 1,000 lines of csv",
    "import_orders, 1,000 lines of csv: memory over idle",
    "import_orders, 1,000 lines of ndjson",
    "import_orders, 1,000 lines of ndjson: memory over idle",
    "POST /orders/assign",
    "assign in process",
    "POST /orders/complete",
    "complete in process",
    *PAGES,
}


@pytest.mark.postgresql  # whose stores are the harder ones to make
def test_the_quick_form_measures_everything_at_an_own_store_and_at_another_one(store, tmp_path):
    file = tmp_path / "figures.json"

    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "benchmarks",
            "--quick",
            "--database",
            DATABASE,
            "--against",
            store.url,
            "--json",
            str(file),
        ],
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
    )

    assert done.returncode == 0, done.stderr
    figures = json.loads(file.read_text())["figures"]
    measured = {
        name: {figure["name"] for figure in figures if figure["store"] == name}
        for name in {figure["store"] for figure in figures}
    }
    own, foreign = ("PostgreSQL" if "postgresql" in DATABASE else "SQLite"), store.url.removeprefix("http://")
    assert measured == {own: EVERYWHERE | OWN_ONLY, foreign: EVERYWHERE}
    compared = {figure["name"] for figure in figures if foreign in [limit["name"] for limit in figure["limits"]]}
    assert compared == EVERYWHERE
    assert all(figure["values"] and figure["name"] in done.stdout for figure in figures)

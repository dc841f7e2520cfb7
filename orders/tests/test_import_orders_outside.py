"""Imports as processes of their own, on a database of their own."""

import json
import os
import subprocess
import sys

import pytest

from orders.tests.files import FORMATS, MOSTLY_ONCE, order, written
from sweets_store.tests.serving import PROJECT, manage, own_database


@pytest.fixture
def environment(tmp_path):
    with own_database(tmp_path, f"import_{os.getpid()}") as url:
        environment = {"DATABASE_URL": url, "DATA_DIR": str(tmp_path)}
        assert manage("migrate", "-v0", environment=environment).returncode == 0
        yield environment


def count_stored(environment):
    listed = manage("shell", "-v0", "-c", COUNT, environment=environment)
    return int(listed.stdout)


COUNT = "from orders.models import Order; print(Order.objects.count())"


@pytest.mark.once
def test_standard_input_is_read_in_each_format(environment):
    for number, file_format in enumerate(FORMATS, 1):
        done = manage("import_orders", "-", environment=environment, input=written([order(number)], file_format))

        assert (done.returncode, done.stdout, done.stderr) == (0, "orders: 1 taken, 0 refused\n", "")
    assert count_stored(environment) == 3


@pytest.mark.once
def test_refusals_are_lines_and_exit_1(environment):
    bad = manage("import_orders", "-", environment=environment, input=json.dumps(order(0)))
    empty = manage("import_orders", "-", environment=environment, input="")

    assert (bad.returncode, bad.stdout, len(bad.stderr.splitlines())) == (1, "", 2)
    assert (empty.returncode, empty.stderr) == (1, "CommandError: -: The file is empty.\n")


def started(environment, *arguments, **options):
    command = [sys.executable, "manage.py", "import_orders", *map(str, arguments)]
    return subprocess.Popen(command, cwd=PROJECT, env=os.environ | environment, text=True, **options)


@pytest.mark.once
def test_closed_pipes_leave_no_trace(environment, file):
    path, pipe = file(json.dumps(order(1))), subprocess.PIPE
    unheard = started(environment, path, stdout=pipe, stderr=pipe)
    unheard.stdout.close()
    unread = started(environment, "-", stderr=pipe, preexec_fn=lambda: os.close(0))

    assert (unheard.communicate(timeout=60)[1], unheard.returncode) == ("", 0)
    assert (unread.communicate(timeout=60)[1], unread.returncode) == ("CommandError: -: The file is closed.\n", 1)
    assert count_stored(environment) == 1


def outcomes_side_by_side(environment, *paths):
    imports = [started(environment, path, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for path in paths]
    return sorted((running.communicate(timeout=60), running.returncode) for running in imports)


def test_of_twin_imports_one_stores_and_the_other_finds_all_there(environment, file):
    path = file("".join(json.dumps(order(order_id)) + "\n" for order_id in range(1, 12_001)))

    assert outcomes_side_by_side(environment, path, path) == [
        (("orders: 0 taken, 12000 already there, 0 refused\n", ""), 0),
        (("orders: 12000 taken, 0 refused\n", ""), 0),
    ]
    assert count_stored(environment) == 12_000


def test_of_rival_imports_one_wins_whole_and_the_other_reports(environment, tmp_path):
    paths = [tmp_path / "light.ndjson", tmp_path / "heavy.ndjson"]
    for weight, path in enumerate(paths, 1):
        path.write_text("".join(json.dumps(order(order_id, weight)) + "\n" for order_id in range(1, 12_001)))

    outcomes = outcomes_side_by_side(environment, *paths)

    (lost, reported), lost_code = outcomes[0]
    assert (lost, lost_code) == ("", 1)
    assert reported.splitlines()[0].startswith("line 1 (id 1): order_id: is in use: the store has it already, with")
    assert reported.splitlines()[-2:] == [
        "… and 2000 more",
        "CommandError: 12000 of 12000 orders refused; nothing was changed.",
    ]
    assert outcomes[1] == (("orders: 12000 taken, 0 refused\n", ""), 0)
    assert count_stored(environment) == 12_000


PEAK = """
import re, sys, django
django.setup()
from django.core.management import call_command
call_command("import_orders", *sys.argv[1:])
print(re.search(r"VmHWM:\\s+(\\d+) kB", open("/proc/self/status").read())[1])
"""


# How the rows of the other formats reach the database is no other way.
@pytest.mark.parametrize("file_format", MOSTLY_ONCE)
def test_memory_does_not_grow_with_the_file(environment, file, tmp_path, file_format):
    def peak_megabytes(count, first):
        orders = [order(first + index * 7_919 % count) for index in range(count)]
        orders[::10] = [order(0)] * len(orders[::10])
        path = file(written(orders, file_format), file_format)
        command = [sys.executable, "-c", PEAK, path, "--skip-bad", tmp_path / f"rejects_{count}"]
        known = {"DJANGO_SETTINGS_MODULE": "sweets_store.settings"}
        done = subprocess.run(
            command, cwd=PROJECT, env=os.environ | environment | known, capture_output=True, text=True
        )
        said, peak = done.stdout.splitlines()
        assert said.startswith(f"orders: {count * 9 // 10} taken, {count // 10} refused")
        return int(peak) / 1024

    small, large = peak_megabytes(12_000, 1), peak_megabytes(60_000, 100_000)

    assert large < 100
    assert large - small < 20  # held as objects, the larger file takes some 30 more


@pytest.mark.django_db
def test_a_workbook_comes_by_standard_input(environment, tmp_path):
    path = tmp_path / "orders"
    path.write_bytes(written([order(1)], "xlsx"))

    with path.open("rb") as content:
        command = started(environment, "-", "--format", "xlsx", stdin=content, stdout=subprocess.PIPE)
        said, _ = command.communicate(timeout=60)

    assert said == "orders: 1 taken, 0 refused\n"

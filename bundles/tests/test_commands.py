import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from bundles.management.commands import assign_orders as assign_command
from bundles.models import Bundle
from bundles.services import assign_orders, complete_order
from couriers.tests.factories import CourierFactory
from manage import main
from orders.models import Order
from orders.tests.factories import OrderFactory
from sweets_store.tests.serving import PROJECT, manage, own_database

NOW = datetime(2026, 1, 10, 9, 30, tzinfo=UTC)

pytestmark = pytest.mark.django_db


def output(*arguments, **options):
    out = StringIO()
    call_command(*arguments, stdout=out, **options)
    return out.getvalue()


@pytest.fixture
def couriers():
    """Couriers 1 to 3, each alone in the region of his number."""
    for n in (2, 3, 1):
        CourierFactory(courier_id=n, regions=[n])


@pytest.fixture
def carried():
    """Order 33, with courier 2."""
    CourierFactory(courier_id=2)
    order = OrderFactory(order_id=33)
    assign_orders(courier_id=2, now=NOW)
    return order


def test_assigns_to_the_named_couriers_in_their_order(couriers):
    OrderFactory(order_id=11, region=1)
    OrderFactory(order_id=31, region=3, weight=2)
    OrderFactory(order_id=32, region=3, weight=1)

    lines = output("assign_orders", "3", "2").splitlines()

    assign_time = Bundle.objects.get().assign_time.isoformat(timespec="microseconds").replace("+00:00", "Z")
    assert lines == [f"courier 3: 32 31 (assigned {assign_time})", "courier 2: nothing fits"]
    assert list(Order.objects.free().values_list("order_id", flat=True)) == [11]


def test_who_has_a_bundle_keeps_it(carried):
    OrderFactory(order_id=34)

    assert output("assign_orders", "2") == "courier 2: 33 (assigned 2026-01-10T09:30:00.000000Z)\n"
    assert set(Order.objects.free().values_list("order_id", flat=True)) == {34}


@pytest.mark.parametrize(("count", "said"), [(1, "1 order"), (2, "2 orders")])
def test_quietly_orders_are_counted(couriers, count, said):
    OrderFactory.create_batch(count, region=1)

    assert output("assign_orders", "1", verbosity=0).startswith(f"courier 1: {said} (assigned ")


@pytest.mark.parametrize("page", [1, 2, 1_000])
def test_assigns_to_all_by_ascending_id(couriers, monkeypatch, page):
    monkeypatch.setattr(assign_command, "PAGE", page)
    OrderFactory(order_id=21, region=2)

    lines = output("assign_orders", "--all").splitlines()

    assert [line.partition(" (")[0] for line in lines] == [
        "courier 1: nothing fits",
        "courier 2: 21",
        "courier 3: nothing fits",
    ]


def test_unknown_couriers_are_named_and_the_others_done(couriers):
    OrderFactory(order_id=11, region=1)
    out, err = StringIO(), StringIO()

    with pytest.raises(CommandError) as refused:
        call_command("assign_orders", "7", "1", "8", stdout=out, stderr=err)

    assert str(refused.value) == "2 unknown; the others are done."
    assert refused.value.returncode == 1
    assert [line.partition(": ")[0] for line in err.getvalue().splitlines()] == ["courier 7", "courier 8"]
    assert out.getvalue().startswith("courier 1: 11 (assigned ")
    assert Order.objects.get().bundle.courier_id == 1


@pytest.mark.parametrize(
    ("name", "arguments", "said"),
    [
        ("neither", [], "one of the arguments COURIER_ID --all is required"),
        ("both", ["1", "--all"], "not allowed with argument"),
        ("no number", ["x"], "argument COURIER_ID: must be an integer from 1 to 9223372036854775807, not 'x'"),
        ("zero", ["0"], "must be an integer from 1"),
        ("too large", [str(2**63)], "must be an integer from 1"),
    ],
)
def test_wrong_use_of_assign_orders_is_refused(couriers, name, arguments, said):
    OrderFactory(region=1)

    with pytest.raises(CommandError, match="Error: ") as refused:
        call_command("assign_orders", *arguments)

    assert said in str(refused.value)
    assert not Bundle.objects.exists()


def test_completes_at_the_given_instant(carried):
    said = output("complete_order", "2", "33", "--at", "2021-01-10T13:33:01.42+03:00")

    assert said == "order 33: delivered at 2021-01-10T10:33:01.420000Z\n"
    carried.refresh_from_db()
    assert carried.complete_time == datetime(2021, 1, 10, 10, 33, 1, 420000, tzinfo=UTC)
    assert Bundle.objects.get().is_completed


def test_completes_now_if_no_instant_is_given(carried):
    before = timezone.now()

    output("complete_order", "2", "33")

    carried.refresh_from_db()
    assert before <= carried.complete_time <= timezone.now()


def test_the_first_time_stays_and_is_named(carried):
    complete_order(courier_id=2, order_id=33, complete_time=NOW)

    said = output("complete_order", "2", "33", "--at", "2027-01-01T00:00:00Z")

    assert said == "order 33: was delivered already, at 2026-01-10T09:30:00.000000Z; that time stays\n"
    carried.refresh_from_db()
    assert carried.complete_time == NOW


@pytest.mark.parametrize(
    ("name", "arguments", "said"),
    [
        ("unknown courier", ["9", "33"], "There is no courier 9."),
        ("unknown order", ["2", "9"], "Courier 2 does not carry order 9"),
        ("another's order", ["3", "33"], "Courier 3 does not carry order 33"),
        ("no offset", ["2", "33", "--at", "2021-01-10T10:33:01"], "argument --at: must be an RFC 3339 date and time"),
        ("no id", ["2", "1.0"], "argument ORDER_ID: must be an integer"),
    ],
)
def test_a_refused_delivery_changes_nothing(carried, name, arguments, said):
    CourierFactory(courier_id=3)

    with pytest.raises(CommandError) as refused:
        call_command("complete_order", *arguments)

    assert said in str(refused.value)
    carried.refresh_from_db()
    assert carried.complete_time is None


def test_bundle_stays_active_while_an_order_is_undelivered(couriers):
    OrderFactory(order_id=11, region=1, weight=Decimal("0.5"))
    OrderFactory(order_id=12, region=1)
    assign_orders(courier_id=1, now=NOW)

    output("complete_order", "1", "11")

    assert not Bundle.objects.get().is_completed


def test_exit_codes_as_an_operator_meets_them(tmp_path):
    with own_database(tmp_path, "commands") as url:
        environment = {"DATABASE_URL": url, "DATA_DIR": str(tmp_path)}
        assert manage("migrate", environment=environment).returncode == 0

        sound = manage("verify_store", environment=environment)
        unknown = manage("assign_orders", "7", environment=environment)
        wrong_use = manage("assign_orders", environment=environment)
        everyone = manage("assign_orders", "--all", environment=environment)

    assert (sound.returncode, sound.stdout, sound.stderr) == (0, "sound: 0 couriers, 0 bundles, 0 orders\n", "")
    assert (unknown.returncode, unknown.stdout) == (1, "")
    assert "There is no courier 7." in unknown.stderr
    assert wrong_use.returncode == 2
    assert (everyone.returncode, everyone.stdout, everyone.stderr) == (0, "", "")


@pytest.mark.parametrize("command", [("verify_store",), ("import_orders", "-")])
def test_before_the_first_migration_an_operator_is_told_of_it(tmp_path, command):
    with own_database(tmp_path, "unmigrated") as url:
        sent = '{"order_id": 1, "weight": 1, "region": 1, "delivery_hours": []}'
        done = manage(*command, environment={"DATABASE_URL": url, "DATA_DIR": str(tmp_path)}, input=sent)

    assert done.returncode == 1
    assert done.stderr.endswith(" Bring it up to date first: manage.py migrate\n")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.once
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_whose_reader_has_enough_stops_without_a_trace(tmp_path, unbuffered):
    given = {"DATABASE_URL": "", "DATA_DIR": str(tmp_path), "PYTHONUNBUFFERED": unbuffered}
    environment = os.environ | given
    manage("migrate", environment=environment)
    reads, writes = os.pipe()
    os.close(reads)

    verify = [sys.executable, "manage.py", "verify_store"]
    done = subprocess.run(verify, cwd=PROJECT, env=environment, stdout=writes, stderr=subprocess.PIPE, timeout=60)

    os.close(writes)
    assert (done.returncode, done.stderr) == (128 + signal.SIGPIPE, b"")


@pytest.mark.once
def test_ctrl_c_stops_a_command_without_a_trace(monkeypatch, capsys):
    def stopped(arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr("manage.execute_from_command_line", stopped)
    with pytest.raises(SystemExit) as exited:
        main()

    assert (exited.value.code, capsys.readouterr().err) == (128 + signal.SIGINT, "Stopped.\n")


def test_explains_why_not_and_what_would_do():
    CourierFactory(courier_id=2, regions=[1])
    OrderFactory(order_id=33, region=5, weight=Decimal("10.5"))

    assert output("explain_order", "33", "2").splitlines() == [
        "courier 2 would not get order 33",
        "region: He does not work in region 5.",
        '  what would do: PATCH /couriers/2 {"regions": [1, 5], "courier_type": "bike"}',
        "weight: It weighs 10.5 kg, and he carries 10 kg at once.",
        '  what would do: PATCH /couriers/2 {"courier_type": "bike"}',
    ]


def test_explains_that_nothing_stands_in_the_way():
    CourierFactory(courier_id=2)
    OrderFactory(order_id=33)

    assert output("explain_order", "33", "2") == "courier 2 would get order 33\n"


def test_cannot_explain_what_it_does_not_know():
    with pytest.raises(CommandError, match="There is no order 33"):
        output("explain_order", "33", "2")

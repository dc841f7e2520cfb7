"""What a courier is paid for, bundle by bundle; over all time it is what GET /couriers/{id} says."""

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bundles.dispatch import release_bundle, release_orders
from bundles.models import Bundle
from bundles.pay import Because, PaidBundle, pay_slips
from bundles.services import assign_orders, complete_order
from bundles.tests.scenes import history
from couriers.models import Courier
from couriers.tests.factories import CourierFactory
from orders.tests.factories import OrderFactory
from sweets_store.tests.serving import free_port, manage
from sweets_store.tests.statements import statements_captured

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 1, 10, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def bundles():
    """Courier 5 delivers two of three orders in two days, and nothing of a second bundle; 6 carries his still."""
    for courier_id, kind in [(5, "bike"), (6, "foot")]:
        CourierFactory(courier_id=courier_id, courier_type=kind)
    for order_id in range(1, 4):
        OrderFactory(order_id=order_id, weight=5)
    assign_orders(courier_id=5, now=NOON)
    first = Bundle.objects.get().pk
    release_orders(bundle_id=first, order_ids=[3])
    assign_orders(courier_id=6, now=NOON + DAY)
    for order_id in (1, 2):
        complete_order(courier_id=5, order_id=order_id, complete_time=NOON + order_id * DAY)
    OrderFactory(order_id=4)
    assign_orders(courier_id=5, now=NOON + 3 * DAY)
    emptied = Bundle.objects.active().get(courier_id=5).pk
    release_bundle(bundle_id=emptied)
    return first, Bundle.objects.get(courier_id=6).pk, emptied


def slips(**period):
    return {slip.courier_id: slip.bundles for slip in pay_slips(**period)}


def test_a_slip_tells_of_each_bundle_what_it_pays_and_why(bundles):
    first, carried, emptied = bundles

    assert slips() == {
        5: [
            PaidBundle(first, "bike", 5, NOON, NOON + 2 * DAY, 2, 2, 1, 2500, Because.PAID),
            PaidBundle(emptied, "bike", 5, NOON + 3 * DAY, NOON + 3 * DAY, 0, 0, 1, 0, Because.NOTHING_DELIVERED),
        ],
        6: [PaidBundle(carried, "foot", 2, NOON + DAY, NOON + DAY, 1, 0, 0, 0, Because.ACTIVE)],
    }


def test_a_paid_bundle_counts_at_its_last_delivery_and_every_other_when_it_was_assigned(bundles):
    first, carried, emptied = bundles

    found = [
        [bundle.bundle_id for some in slips(start=NOON + n * DAY, end=NOON + (n + 1) * DAY).values() for bundle in some]
        for n in range(5)
    ]

    assert found == [[], [carried], [first], [emptied], []]
    assert [bundle.bundle_id for bundle in slips(courier_id=5, start=NOON + 3 * DAY)[5]] == [emptied]


@pytest.fixture
def past():
    history()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])  # the past stays as it is
@given(cuts=st.lists(st.integers(-200, 5_200), max_size=5, unique=True).map(sorted))
def test_any_periods_that_follow_each_other_add_up_to_the_earnings(past, cuts):
    ends = [datetime(2026, 1, 10, 9, tzinfo=UTC) + timedelta(seconds=cut) for cut in cuts]

    seen = [
        (slip.courier_id, bundle)
        for start, end in zip([None, *ends], [*ends, None], strict=True)
        for slip in pay_slips(start=start, end=end)
        for bundle in slip.bundles
    ]

    assert sorted(bundle.bundle_id for _, bundle in seen) == sorted(Bundle.objects.values_list("pk", flat=True))
    for courier_id, earnings in Courier.objects.values_list("pk", "earnings"):
        assert sum(bundle.pay for courier, bundle in seen if courier == courier_id) == earnings


def test_the_slips_of_one_courier_over_all_time_are_his_earnings(past):
    for courier_id, earnings in Courier.objects.values_list("pk", "earnings"):
        assert sum(slip.pay for slip in pay_slips(courier_id=courier_id)) == earnings


@pytest.mark.parametrize("courier_id", [None, 5])
def test_it_is_one_statement(bundles, courier_id):
    with statements_captured() as statements:
        list(pay_slips(courier_id=courier_id))

    assert len(statements) == 1


# The command


def told(*arguments):
    out = io.StringIO()
    call_command("pay_slips", *arguments, stdout=out)
    return out.getvalue()


def test_the_command_tells_a_line_a_bundle_and_the_sums(bundles):
    first, _, emptied = bundles

    assert told("--from=2026-01-12", "--to=2026-01-13").splitlines() == [
        "courier 5: 2500",
        f"  bundle {first} (bike, 5): 2500, paid, 2 of 2 delivered, 1 released, 2026-01-12T12:00:00.000000Z",
        f"  bundle {emptied} (bike, 5): 0, nothing_delivered, 0 of 0 delivered, 1 released,"
        " 2026-01-13T12:00:00.000000Z",
        "all: 2500",
    ]
    assert told("--from=2026-01-12", "--to=2026-01-13", "--courier=6") == "all: 0\n"


def test_days_are_the_shops(bundles, settings):
    settings.TIME_ZONE = "Pacific/Kiritimati"  # fourteen hours ahead: noon is the next day's

    assert told("--from=2026-01-12", "--to=2026-01-12").splitlines()[-1] == "all: 0"
    assert told("--from=2026-01-13", "--to=2026-01-13").splitlines()[-1] == "all: 2500"


@pytest.mark.parametrize("to_file", [True, False])
def test_the_csv_has_a_row_a_bundle(bundles, tmp_path, settings, to_file):
    settings.TIME_ZONE = "Asia/Kolkata"
    path = tmp_path / "slips.csv"
    out = told("--from=2026-01-01", "--to=2026-01-31", f"--csv={path if to_file else '-'}")

    rows = list(csv.DictReader(io.StringIO(path.read_text() if to_file else out)))
    assert [(row["courier_id"], row["pay"], row["because"]) for row in rows] == [
        ("5", "2500", "paid"),
        ("5", "0", "nothing_delivered"),
        ("6", "0", "active"),
    ]
    assert rows[0]["counts_at"] == "2026-01-12T17:30:00.000000+05:30"  # of the shop's days, as the period


@pytest.mark.once
def test_a_database_that_is_away_costs_no_file(tmp_path):
    path = tmp_path / "slips.csv"
    path.write_text("of last month")
    away = {"DATABASE_URL": f"postgresql://nobody@127.0.0.1:{free_port()}/nothing", "DATA_DIR": str(tmp_path)}

    done = manage("pay_slips", "--from=2026-01-01", "--to=2026-01-31", f"--csv={path}", environment=away)

    assert done.returncode == 1
    assert path.read_text() == "of last month"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--from=2026-01-02", "--to=2026-01-01"], "--from must not be after --to."),
        (["--from=2026-02-30", "--to=2026-03-01"], "must be a day such as 2026-01-31, not '2026-02-30'"),
        (["--from=2026-01-02"], "the following arguments are required: --to"),
        (["--from=2026-01-02", "--to=9999-12-31"], "The days must be of the years 1 to 9999."),
        (["--from=2026-01-02", "--to=2026-01-03", "--courier=77"], "There is no courier 77."),
        (["--from=2026-01-02", "--to=2026-01-03", "--csv=/"], "/ cannot be written: Is a directory."),
    ],
)
def test_what_makes_no_sense_is_told(db, arguments, said):
    with pytest.raises(CommandError, match=said.replace(".", r"\.")):
        call_command("pay_slips", *arguments)

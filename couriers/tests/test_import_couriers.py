import io
import json

import pytest
from django.core.management import CommandError, call_command

from couriers.models import Courier
from couriers.tests.factories import CourierFactory

pytestmark = pytest.mark.django_db

ANNA = {"courier_id": 2, "courier_type": "foot", "regions": [22, 1, 22], "working_hours": ["09:00-11:00"]}
BORIS = {"courier_id": 1, "courier_type": "car", "regions": [], "working_hours": []}
FILES = {
    "couriers.json": json.dumps({"data": [ANNA, BORIS]}),
    "couriers.ndjson": f"{json.dumps(ANNA)}\n{json.dumps(BORIS)}\n",
    "couriers.csv": "courier_type,regions,working_hours,courier_id\nfoot,22;1;22,09:00-11:00,2\ncar,,,1\n",
}


@pytest.mark.parametrize("name", FILES)
def test_hires_all_couriers_as_the_api_would(name, tmp_path):
    (tmp_path / name).write_text(FILES[name])
    out = io.StringIO()

    call_command("import_couriers", str(tmp_path / name), stdout=out)

    assert out.getvalue() == "couriers: 2 taken, 0 refused\n"
    assert list(Courier.objects.values(*ANNA)) == [BORIS, ANNA]


@pytest.mark.parametrize("name", FILES)
def test_one_bad_courier_stops_all(name, tmp_path):
    CourierFactory(courier_id=1, courier_type="bike")
    (tmp_path / name).write_text(FILES[name].replace("22", "0").replace("foot", "tram"))
    err = io.StringIO()

    with pytest.raises(CommandError, match="2 of 2 couriers refused; nothing was changed"):
        call_command("import_couriers", str(tmp_path / name), stderr=err)

    first, second = err.getvalue().splitlines()
    assert first.endswith(
        f" (id 2): courier_type: must be one of: foot, bike, car; "
        f"regions: item 0 must be an integer from 1 to {2**63 - 1}"
    )
    assert second.endswith(
        " (id 1): courier_id: is in use: the store has it already, with another courier_type, regions, working_hours;"
        " PATCH the courier, or give this one another id"
    )
    assert Courier.objects.get().courier_type == "bike"


@pytest.mark.parametrize("name", FILES)
def test_a_file_sent_again_changes_nothing_and_is_no_error(name, tmp_path):
    (tmp_path / name).write_text(FILES[name])
    call_command("import_couriers", str(tmp_path / name), stdout=io.StringIO())
    out = io.StringIO()

    call_command("import_couriers", str(tmp_path / name), stdout=out)

    assert out.getvalue() == "couriers: 0 taken, 2 already there, 0 refused\n"
    assert list(Courier.objects.values(*ANNA)) == [BORIS, ANNA]


@pytest.mark.parametrize("name", FILES)
def test_good_couriers_are_hired_and_mended_ones_later(name, tmp_path):
    (tmp_path / name).write_text(FILES[name].replace("foot", "tram"))
    rejects = tmp_path / f"rejects{(tmp_path / name).suffix}"

    call_command("import_couriers", str(tmp_path / name), "--skip-bad", str(rejects), stdout=io.StringIO())
    assert list(Courier.objects.values(*ANNA)) == [BORIS]

    rejects.write_text(rejects.read_text().replace("tram", "foot"))
    call_command("import_couriers", str(rejects), stdout=io.StringIO())
    assert list(Courier.objects.values(*ANNA)) == [BORIS, ANNA]

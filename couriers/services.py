import json
from typing import Any

from couriers.models import Courier
from sweets_store.imports import Row, insert_all_or_none
from sweets_store.serializers import CheckedImport

COLUMNS = ("courier_id", "courier_type", "regions", "working_hours")


def hire_couriers(*, couriers: CheckedImport) -> list[int]:
    """Hire the checked couriers, all or none; return their ids in the order sent. Raises ValidationFailed."""
    return insert_all_or_none(Courier, couriers, COLUMNS, courier_row)


def courier_row(courier: dict[str, Any]) -> Row:
    return (
        courier["courier_id"],
        courier["courier_type"],
        json.dumps(courier["regions"]),
        json.dumps(courier["working_hours"]),
    )

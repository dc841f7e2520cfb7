import json
import sys
from collections.abc import Iterable
from pathlib import Path

from couriers.models import Courier
from record.models import What
from record.recording import record_import
from sweets_store.imports.checked import CheckedImport, Row
from sweets_store.imports.insert import Outcome, Watch, import_file, insert_all_or_none, unwatched
from sweets_store.imports.reader import Reader

COLUMNS = ("courier_id", "courier_type", "regions", "working_hours")


def hire_couriers(*, couriers: CheckedImport) -> list[int]:
    """Hire the checked couriers, all or none; return their ids in the order sent. Raises ValidationFailed."""
    return insert_all_or_none(Courier, couriers, COLUMNS, taken=couriers_hired)


def import_couriers(
    *,
    file: Reader,
    rejects: Path | None = None,
    watch: Watch = unwatched,
    dry_run: bool = False,
    most: int = sys.maxsize,
) -> Outcome:
    """Hire the couriers of a file, all or none, or with `rejects` the good ones: see `import_file`."""
    return import_file(
        Courier, file, COLUMNS, rejects=rejects, watch=watch, taken=couriers_hired, dry_run=dry_run, most=most
    )


def couriers_hired(rows: Iterable[Row]) -> None:
    """Put on record who was hired."""
    record_import(
        What.HIRED,
        "courier_id",
        (
            (courier_id, f'{{"courier_type": "{courier_type}", "regions": {regions}, "working_hours": {hours}}}')
            for courier_id, courier_type, regions, hours in rows
        ),
    )


def courier_row(courier_id: int, courier_type: str, regions: list[int], working_hours: list[str]) -> Row:
    return courier_id, courier_type, json.dumps(regions), json.dumps(working_hours)

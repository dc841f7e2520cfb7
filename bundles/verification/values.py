"""What a column may hold: each reader returns the value or raises Refused, which is a ValueError."""

import re
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar

from couriers.models import CourierType
from sweets_store.hours import delivery_mask, parse_window
from sweets_store.serializers import ChoiceField, HoursField, IdField, Refused, RegionsField, WeightField
from sweets_store.strict_json import decoder

Value = TypeVar("Value")


def good(read: Callable[[Any], Value], stored: Any) -> Value | None:
    """Return the value; None where the column holds a bad one."""
    try:
        return read(stored)
    except ValueError:
        return None


class Hours(NamedTuple):
    """Windows of a day: as an order's delivery mask, and as a mask of their minutes."""

    delivery_mask: int
    minutes: int


read_id = IdField().to_internal_value
read_type = ChoiceField(CourierType.values).to_internal_value
_weight, _regions, _hours = WeightField(), RegionsField(), HoursField()


@lru_cache(maxsize=8_192)
def read_weight(stored: Any) -> Decimal:
    """Kilograms, exact. SQLite keeps a float, whose shortest text is the decimal that was written."""
    weight = Decimal(str(stored)) if isinstance(stored, (int, float)) else stored
    return _weight.to_internal_value(weight if isinstance(weight, Decimal) and weight.is_finite() else None)


@lru_cache(maxsize=64)
def read_regions(stored: Any) -> frozenset[int]:
    return frozenset(_regions.to_internal_value(read_json(stored)))


@lru_cache(maxsize=1_024)
def read_hours(stored: Any) -> Hours:
    """A window holds the minutes from its start up to its end, not the one at its end: who shares one overlaps."""
    windows = _hours.to_internal_value(read_json(stored))
    minutes = 0
    for start, end in map(parse_window, windows):
        minutes |= (1 << end) - (1 << start)
    return Hours(delivery_mask(windows), minutes)


def read_json(stored: Any) -> Any:
    """Return what the JSON text says; None, which is no list, where it is none."""
    try:
        return decoder.decode(stored)
    except (TypeError, ValueError, RecursionError):
        return None


_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?")


def read_time(stored: Any) -> datetime:
    """SQLite compares times as text: the same instant written in another way is as bad as none."""
    try:
        if isinstance(stored, str) and _TIME.fullmatch(stored):
            return datetime.fromisoformat(stored)
    except ValueError:
        pass
    raise Refused("must be a time in the years 1 to 9999 of UTC, kept as YYYY-MM-DD HH:MM:SS.ffffff")


def read_flag(stored: Any) -> bool:
    if stored not in (0, 1):
        raise Refused("must be true or false")
    return bool(stored)


def or_null(read: Callable[[Any], Value]) -> Callable[[Any], Value | None]:
    return lambda stored: None if stored is None else read(stored)

"""Instants as the contract writes them, RFC 3339 in, UTC with six decimals and `Z` out, and as columns keep them."""

import re
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Any

from django.db import connection
from django.utils.timezone import localtime, make_aware
from django.utils.translation import gettext

_INSTANT = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]+))?"
    r"(?:[Zz]|([+-])([0-9]{2}):([0-9]{2}))"
)


def parse_instant(text: str) -> datetime:
    """Return the instant in UTC; decimals beyond the sixth are cut.

    Raises ValueError, whose text says what is wrong.
    """
    match = _INSTANT.fullmatch(text)
    if match is None:
        raise ValueError(gettext("must be an RFC 3339 date and time with an offset, such as 2021-01-10T10:33:01.42Z"))
    year, month, day, hour, minute, second, decimals, sign, offset_hour, offset_minute = match.groups()
    if offset_hour is not None and (int(offset_hour) > 23 or int(offset_minute) > 59):
        raise ValueError(gettext("must have an offset from -23:59 to +23:59"))
    offset = timedelta(hours=int(offset_hour or 0), minutes=int(offset_minute or 0))
    microsecond = int((decimals or "")[:6].ljust(6, "0"))
    try:
        local = datetime(int(year), int(month), int(day), int(hour), int(minute), int(second), microsecond)
        return local.replace(tzinfo=timezone(-offset if sign == "-" else offset)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(gettext("must be a date and time that exists, in the years 1 to 9999 of UTC")) from None


def format_instant(instant: datetime) -> str:
    return instant.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def instant_to_column(instant: datetime) -> Any:
    """What plain SQL writes into a column."""
    return connection.ops.adapt_datetimefield_value(instant)


def instant_from_column(stored: datetime | str) -> datetime:
    """What plain SQL has read: SQLite keeps UTC without saying so, and what is no plain column it gives as text."""
    instant = datetime.fromisoformat(stored) if isinstance(stored, str) else stored
    return instant.replace(tzinfo=UTC)


def shop_time(instant: datetime) -> datetime:
    """The instant in the shop's time zone; at the ends of the calendar, where that is no date any more, in UTC."""
    try:
        return localtime(instant)
    except OverflowError:
        return instant.astimezone(UTC)


def shop_minute(instant: datetime) -> int:
    """The minute of the shop's day."""
    local = shop_time(instant)
    return local.hour * 60 + local.minute


def shop_day(day: date) -> tuple[datetime, datetime]:
    """The instants, in UTC, at which the day begins and ends in the shop's time zone: it may have 23 hours, or 25.

    Raises OverflowError outside the years 1 to 9999 of UTC.
    """
    midnight, next_midnight = (
        make_aware(datetime.combine(each, time.min)).astimezone(UTC) for each in (day, day + timedelta(days=1))
    )
    return midnight, next_midnight

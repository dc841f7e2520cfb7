"""Windows of a day, written `HH:MM-HH:MM` (contract, "Hours"), and what they share.

Minutes are counted from midnight. A day has 48 half-hours; a mask has bit `n` set for the half-hour that begins at
minute `30 * n`. Masks let the database find overlapping hours without reading the text. That of an order has ten bits
more, below the others, for the minute at which its first window begins and its last one ends.
"""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from django.utils.translation import gettext

_WINDOW = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])-([01][0-9]|2[0-3]):([0-5][0-9])")


@lru_cache(maxsize=16_384)
def parse_window(text: str) -> tuple[int, int]:
    """Return (start, end) in minutes. Raises ValueError, whose text says what is wrong."""
    match = _WINDOW.fullmatch(text)
    if match is None:
        raise ValueError(gettext('must be written "HH:MM-HH:MM", from 00:00 to 23:59'))
    start_hour, start_minute, end_hour, end_minute = map(int, match.groups())
    start, end = start_hour * 60 + start_minute, end_hour * 60 + end_minute
    if start >= end:
        raise ValueError(gettext("must start before it ends"))
    return start, end


@lru_cache(maxsize=16_384)
def _touched(window: str) -> int:
    start, end = parse_window(window)
    return (1 << ((end - 1) // 30 + 1)) - (1 << (start // 30))


def touched_half_hours(hours: Iterable[str]) -> int:
    """The mask of the half-hours of which the hours hold at least a minute."""
    mask = 0
    for window in hours:
        mask |= _touched(window)
    return mask


EDGE_BITS = 10


def delivery_mask(hours: Sequence[str]) -> int:
    """The half-hours that the hours touch, above the minutes before the first of them in its half-hour and up to the
    last of them in its own. Hours that touch the same half-hours but begin or end at other minutes so have other masks.
    """
    if not hours:
        return 0
    windows = [parse_window(window) for window in hours]
    start, end = min(windows)[0], max(end for _, end in windows)
    return touched_half_hours(hours) << EDGE_BITS | start % 30 << 5 | (end - 1) % 30


@lru_cache(maxsize=16_384)
def outer_window(mask: int) -> tuple[int, int]:
    """The first and the last minute, (start, end), of the hours that have this delivery mask, not 0."""
    half_hours = mask >> EDGE_BITS
    first, last = (half_hours & -half_hours).bit_length() - 1, half_hours.bit_length() - 1
    return first * 30 + (mask >> 5 & 31), last * 30 + (mask & 31) + 1


def filled_half_hours(hours: Iterable[str]) -> int:
    """The mask of the half-hours that one window holds from end to end.

    Whoever touches one of them overlaps these hours for certain.
    """
    mask = 0
    for window in hours:
        start, end = parse_window(window)
        first, behind = -(-start // 30), end // 30
        if first < behind:
            mask |= (1 << behind) - (1 << first)
    return mask


def worked_minutes(hours: Iterable[str]) -> str:
    """A text of 1,440 characters: 1 for each minute of the day that the hours hold, else 0."""
    return f"{minute_mask(hours):01440b}"[::-1]


def stretched_to_overlap(hours: Sequence[str], others: Sequence[str]) -> tuple[list[str], int]:
    """Return the hours with one window stretched so that they overlap the others, and by how many minutes: the fewest.

    They must not overlap yet, and `others` not be empty. Where there is no window, one of a minute is made.
    """
    wanted = worked_minutes(others)
    if not hours:
        first = wanted.index("1")
        return [_window(first, first + 1)], 1
    stretches = []
    for place, (start, end) in enumerate(map(parse_window, hours)):
        if (before := wanted.rfind("1", 0, start)) != -1:
            stretches.append((start - before, place, _window(before, end)))
        if (after := wanted.find("1", end)) != -1:
            stretches.append((after + 1 - end, place, _window(start, after + 1)))
    minutes, place, window = min(stretches)
    return [*hours[:place], window, *hours[place + 1 :]], minutes


def _window(start: int, end: int) -> str:
    return f"{start // 60:02}:{start % 60:02}-{end // 60:02}:{end % 60:02}"


def hours_overlap(some: Iterable[str], others: Iterable[str]) -> bool:
    """Whether a window of the one shares more than a point with a window of the other, and so a minute."""
    return minute_mask(some) & minute_mask(others) != 0


def minute_mask(hours: Iterable[str]) -> int:
    """The mask of the minutes of the day that the hours hold."""
    mask = 0
    for window in hours:
        start, end = parse_window(window)
        mask |= (1 << end) - (1 << start)
    return mask

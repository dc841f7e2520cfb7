"""What the search of a list says: numbers, each kind after its word, and days."""

import re
from collections import defaultdict
from collections.abc import Mapping
from datetime import date, datetime

from django.db.models import Q
from django.utils.translation import gettext as _

from sweets_store.ids import parse_id
from sweets_store.instants import shop_day

MAX_SOUGHT = 100
DAY = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")


def sought(text: str, words: Mapping[str, str], day: str | None) -> Q:
    """Return the condition that a search states: of one word any number, of several words all.

    `words`: what it may name, each with its lookup, in English or in the reader's language; a number with no word
    before it is of the first. `day`: the lookup of a day. Raises ValueError, whose text says what is not understood.
    """
    known = {_(word).lower(): word for word in words} | {word: word for word in words}
    alternatives: defaultdict[str, Q] = defaultdict(Q)
    parts = [part for part in re.split(r"[\s,:=#]+", text.lower()) if part]
    if len(parts) > MAX_SOUGHT:
        raise ValueError(_("Search for at most %(most)s words and numbers at once.") % {"most": MAX_SOUGHT})
    word, missing = next(iter(words)), False
    for part in parts:
        if part in known and not missing:
            word, missing = known[part], True
        elif part.isascii() and part.isdigit():
            alternatives[word] |= _numbered(words[word], part)
            missing = False
        elif day and DAY.fullmatch(part):
            alternatives[day] |= _on_day(day, part)
        else:
            raise ValueError(_which(word) if missing else _("“%(word)s” is not understood.") % {"word": part})
    if missing:
        raise ValueError(_which(word))
    return Q(*alternatives.values())


def _numbered(lookup: str, digits: str) -> Q:
    try:
        return Q((lookup, parse_id(digits.lstrip("0"))))
    except ValueError:  # no record has such a number
        return Q(pk__in=[])


def _on_day(lookup: str, text: str) -> Q:
    try:
        return within(lookup, *shop_day(date.fromisoformat(text)))
    except (ValueError, OverflowError):
        raise ValueError(_("There is no day %(day)s.") % {"day": text}) from None


def within(lookup: str, start: datetime, end: datetime) -> Q:
    return Q((f"{lookup}__gte", start), (f"{lookup}__lt", end))


def _which(word: str) -> str:
    return _("Which %(word)s?") % {"word": _(word)}

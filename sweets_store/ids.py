"""Ids and regions as text: in paths, queries and on the command line."""

import re

from django.utils.translation import gettext

MAX_ID = 2**63 - 1
ID_PATTERN = "[1-9][0-9]{0,18}"


def not_an_id() -> str:
    return gettext("must be an integer from 1 to %(greatest)s") % {"greatest": MAX_ID}


def parse_id(text: str) -> int:
    """Return the id that is written as a plain decimal. Raises ValueError, whose text says what is wrong."""
    if re.fullmatch(ID_PATTERN, text) is None or (number := int(text)) > MAX_ID:
        raise ValueError(not_an_id())
    return number

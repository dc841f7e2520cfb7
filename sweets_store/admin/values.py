"""How values read on the admin's pages."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.apps import apps
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.html import format_html, format_html_join
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from sweets_store.instants import shop_time

NOTHING = "–"
SHOWN_IN_A_LIST = 4


def record_link(model: str, record_id: int) -> SafeString:
    """A link to the page of a record; `model` is `<app>_<model>`."""
    url = reverse(f"admin:{model}_change", args=[record_id])
    kind = apps.get_model(model.replace("_", "."))._meta.verbose_name
    return unbroken(format_html('<a href="{}">{} {}</a>', url, capfirst(kind), record_id))


def search_link(model: str, sought: str, text: str) -> SafeString:
    """A link to the list of what a search finds."""
    url = reverse(f"admin:{model}_changelist")
    return unbroken(format_html('<a href="{}?{}">{}</a>', url, urlencode({"q": sought}), text))


def kilograms(weight: Decimal) -> SafeString:
    return unbroken(_("%(weight).2f kg") % {"weight": weight})


def grouped(number: int) -> str:
    """The number with its thousands apart as the reader writes them: a comma is a Russian's decimal point."""
    return number_format(number, use_l10n=True, force_grouping=True)


def moment(instant: datetime | None) -> SafeString:
    """The instant in the shop's time zone, to the second."""
    return unbroken(NOTHING if instant is None else f"{shop_time(instant):%Y-%m-%d %H:%M:%S}")


def listed(items: Iterable[Any]) -> SafeString | str:
    """All the items, parted by commas, as one element: a phone's list draws a cell's elements far apart."""
    joined = format_html_join(", ", "{}", ((unbroken(item),) for item in items))
    return format_html("<span>{}</span>", joined) if joined else NOTHING


def listed_briefly(items: list[Any]) -> SafeString | str:
    """The first few of the items and how many more there are."""
    shown = listed(items[:SHOWN_IN_A_LIST])
    more = len(items) - SHOWN_IN_A_LIST
    return format_html("<span>{}</span>", format_html(_("{} and {} more"), shown, more)) if more > 0 else shown


def unbroken(value: Any) -> SafeString:
    """The value on one line."""
    return format_html('<span style="white-space: nowrap">{}</span>', value)

import json
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from sweets_store.instants import parse_instant, shop_time

WHY = ("region", "hours", "capacity", "dispatcher", "moved")  # why an order was released


class What(models.TextChoices):
    """What happened, each to the one of order, bundle and courier that `Event` tells; its `details` in braces."""

    HIRED = "hired", _("Hired")  # courier {courier_type, regions, working_hours}
    CHANGED = "changed", _("Changed")  # courier {each field that is another now: {from, to}}
    FORMED = "formed", _("Formed")  # bundle {courier_type, assign_time}
    IMPORTED = "imported", _("Imported")  # order {weight, region, delivery_hours}
    ASSIGNED = "assigned", _("Assigned")  # order
    RELEASED = "released", _("Released")  # order {why: some of WHY}
    COMPLETED = "completed", _("Completed")  # order {complete_time}; bundle {pay}
    UNDONE = "undone", _("Undone")  # order {complete_time}
    REOPENED = "reopened", _("Reopened")  # bundle {pay}
    FOUND = "found", _("Found")  # any of them, as it was found in the store, past the services {all that they have}


class EventQuerySet(models.QuerySet["Event"]):
    def of_order(self, order_id: int) -> "EventQuerySet":
        return self.filter(order_id=order_id)

    def of_bundle(self, bundle_id: int) -> "EventQuerySet":
        """What happened to the bundle, and to orders in it."""
        return self.filter(bundle_id=bundle_id)

    def of_courier(self, courier_id: int) -> "EventQuerySet":
        """What happened to the courier and to his bundles."""
        return self.filter(courier_id=courier_id, order_id__isnull=True)


class Event(models.Model):
    """That something changed. Written once, in the transaction of the change, and never changed or deleted.

    It is the order's if it has one, else the bundle's if it has one, else the courier's; the others tell with whom it
    has to do. Ids only: an event outlives nothing, and nothing waits for it. Of one order, bundle or courier the events
    stand in the order of their ids. `at` is the store's clock, which may be set back.
    """

    event_id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField()
    what = models.CharField(max_length=9, choices=What)
    door = models.CharField(max_length=30, help_text="What it came in by: api, admin, or a command.")
    actor = models.CharField(max_length=200, help_text="The user or the token; empty where the API is open.")
    request_id = models.CharField(max_length=64)
    courier_id = models.BigIntegerField(null=True)
    bundle_id = models.BigIntegerField(null=True)
    order_id = models.BigIntegerField(null=True)
    details = models.TextField(null=True, help_text="JSON, see `What`.")  # noqa: DJ001  # as text: imports are faster

    objects = EventQuerySet.as_manager()

    class Meta:
        db_table = "events"
        verbose_name = _("event")
        verbose_name_plural = _("events")
        ordering = ["event_id"]
        indexes = [
            models.Index(name="events_of_order", fields=["order_id", "event_id"], condition=Q(order_id__isnull=False)),
            models.Index(
                name="events_of_bundle", fields=["bundle_id", "event_id"], condition=Q(bundle_id__isnull=False)
            ),
            models.Index(
                name="events_of_courier",
                fields=["courier_id", "event_id"],
                condition=Q(courier_id__isnull=False, order_id__isnull=True),
            ),
            models.Index(
                name="events_of_courier_himself",
                fields=["courier_id", "event_id"],
                condition=Q(courier_id__isnull=False, order_id__isnull=True, bundle_id__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"Event {self.event_id}"

    @property
    def told(self) -> dict[str, Any]:
        """The details."""
        told: dict[str, Any] = json.loads(self.details) if self.details else {}
        return told

    def in_words(self) -> str:
        """The details, in the language of who reads them."""
        return "; ".join(f"{_NAMES.get(name, name)}: {_in_words(value)}" for name, value in self.told.items())


_NAMES = {
    "weight": _("weight"),
    "region": _("region"),
    "regions": _("regions"),
    "delivery_hours": _("delivery hours"),
    "working_hours": _("working hours"),
    "courier_type": _("vehicle"),
    "assign_time": _("assigned"),
    "complete_time": _("delivered"),
    "is_completed": _("completed"),
    "released_orders": _("released"),
    "earnings": _("earnings"),
    "pay": _("pay"),
    "why": _("why"),
}


def _in_words(value: Any) -> str:
    match value:
        case {"from": before, "to": after}:
            return f"{_in_words(before)} → {_in_words(after)}"
        case [_, *_]:
            return ", ".join(map(_in_words, value))
        case None | []:
            return "–"
        case bool():
            return gettext("yes") if value else gettext("no")
        case str():
            return _text_in_words(value)
    return str(value)


def _text_in_words(text: str) -> str:
    try:
        return f"{shop_time(parse_instant(text)):%Y-%m-%d %H:%M:%S}"
    except ValueError:
        return gettext(text)

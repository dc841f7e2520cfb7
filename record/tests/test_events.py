"""How an event reads."""

import pytest
from django.utils import translation

from record.models import Event, What


@pytest.mark.parametrize(
    ("details", "words"),
    [
        (None, ""),
        ('{"weight": 3.50, "region": 12, "delivery_hours": []}', "weight: 3.5; region: 12; delivery hours: –"),
        ('{"regions": {"from": [1, 2], "to": [2]}}', "regions: 1, 2 → 2"),
        ('{"complete_time": "2026-01-10T09:00:01.500000Z"}', "delivered: 2026-01-10 09:00:01"),
        ('{"complete_time": null, "is_completed": false}', "delivered: –; completed: no"),
        ('{"why": ["region", "hours"]}', "why: region, hours"),
        ('{"of_later": "something"}', "of_later: something"),
    ],
)
def test_details_in_words(details, words):
    assert Event(what=What.FOUND, details=details).in_words() == words


def test_in_russian():
    event = Event(what=What.RELEASED, details='{"why": ["capacity"], "courier_type": {"from": "car", "to": "foot"}}')

    with translation.override("ru"):
        assert event.get_what_display() == "Освобождено"
        assert event.in_words() == "почему: вместимость; транспорт: машина → пеший"

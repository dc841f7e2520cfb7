"""What earlier releases wrote is brought up to date when a store is migrated."""

import pytest
from django.core.management import call_command
from django.db import connection

from orders.models import Order
from orders.tests.factories import OrderFactory

HOURS = [["09:00-18:00"], ["09:15-09:20"], ["22:10-23:59", "00:05-00:10"], ["00:00-23:59"], []]


@pytest.mark.django_db(transaction=True)
def test_delivery_masks_get_their_minutes(request):
    request.addfinalizer(lambda: call_command("migrate", verbosity=0))
    for order_id, hours in enumerate(HOURS, 1):
        OrderFactory(order_id=order_id, delivery_hours=hours)
    before = list(Order.objects.order_by("pk").values())

    call_command("migrate", "orders", "0001", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute("SELECT delivery_mask FROM orders ORDER BY order_id")
        of_old = [mask for (mask,) in cursor.fetchall()]
    call_command("migrate", verbosity=0)

    assert of_old == [(1 << 36) - (1 << 18), 1 << 18, (1 << 48) - (1 << 44) | 1, (1 << 48) - 1, 0]
    assert list(Order.objects.order_by("pk").values()) == before

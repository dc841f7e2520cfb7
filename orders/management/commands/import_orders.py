"""`manage.py import_orders`: take the orders of a file, as POST /orders does."""

from orders.serializers import OrderSerializer
from orders.services import import_orders
from sweets_store.imports.command import ImportCommand


class Command(ImportCommand):
    help = "Take the orders of a file into the store, all or none, or with --skip-bad the good ones."
    serializer = OrderSerializer
    service = staticmethod(import_orders)

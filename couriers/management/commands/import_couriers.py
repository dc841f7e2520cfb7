"""`manage.py import_couriers`: hire the couriers of a file, as POST /couriers does."""

from couriers.serializers import CourierSerializer
from couriers.services import import_couriers
from sweets_store.imports.command import ImportCommand


class Command(ImportCommand):
    help = "Hire the couriers of a file, all or none, or with --skip-bad the good ones."
    serializer = CourierSerializer
    service = staticmethod(import_couriers)

from django.apps import AppConfig
from django.db.models import BigAutoField, BigIntegerField, ForeignKey, JSONField

from sweets_store.bulk import Among, Holds


class SweetsStoreConfig(AppConfig):
    name = "sweets_store"

    def ready(self) -> None:
        for field in (BigAutoField, BigIntegerField, ForeignKey):
            field.register_lookup(Among)
        JSONField.register_lookup(Holds)

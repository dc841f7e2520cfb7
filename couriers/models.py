import json
from decimal import Decimal

from django.db import connection, models
from django.db.models import Q
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from sweets_store.errors import NotFound


class UnknownCourier(NotFound):
    code = "unknown_courier"
    message = _("There is no courier {courier_id}. Hire him first.")


class CourierType(models.TextChoices):
    FOOT = "foot"
    BIKE = "bike"
    CAR = "car"

    @property
    def capacity(self) -> Decimal:
        """Kilograms that he carries at once (contract, "POST /couriers")."""
        return CAPACITIES[self]


CAPACITIES = {CourierType.FOOT: Decimal(10), CourierType.BIKE: Decimal(15), CourierType.CAR: Decimal(50)}


class CourierQuerySet(models.QuerySet["Courier"]):
    def working_in(self, region: int) -> "CourierQuerySet":
        return self.filter(regions__holds=region)


class Courier(models.Model):
    courier_id = models.BigIntegerField(primary_key=True, verbose_name=_("number"))
    courier_type = models.CharField(max_length=4, choices=CourierType)
    regions = models.JSONField(help_text="Regions he works in, in the order sent.")
    working_hours = models.JSONField(help_text='Windows "HH:MM-HH:MM", in the order sent.')
    earnings = models.BigIntegerField(
        db_default=0, editable=False, help_text="Derived: the pay for his completed bundles that delivered something."
    )

    objects = CourierQuerySet.as_manager()

    # What plain SQL selects for `from_row`, in its order.
    COLUMNS = "courier_id, courier_type, regions, working_hours, earnings"

    class Meta:
        db_table = "couriers"
        verbose_name = _("courier")
        verbose_name_plural = _("couriers")
        ordering = ["courier_id"]
        constraints = [
            models.CheckConstraint(name="courier_id_is_positive", condition=Q(courier_id__gte=1)),
            models.CheckConstraint(name="courier_type_is_known", condition=Q(courier_type__in=CourierType.values)),
        ]

    def __str__(self) -> str:
        return f"{capfirst(self._meta.verbose_name)} {self.courier_id}"

    @classmethod
    def from_row(cls, courier_id: int, courier_type: str, regions: str, hours: str, earnings: int) -> "Courier":
        """The courier of a row of `COLUMNS`, as plain SQL brings them: lists as JSON texts."""
        values = (courier_id, courier_type, json.loads(regions), json.loads(hours), earnings)
        return cls.from_db(connection.alias, cls.COLUMNS.split(", "), values)

    @property
    def capacity(self) -> Decimal:
        """Kilograms."""
        return CourierType(self.courier_type).capacity

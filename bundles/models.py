from django.db import models
from django.db.models import Q
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from couriers.models import Courier, CourierType


class BundleQuerySet(models.QuerySet["Bundle"]):
    def active(self) -> "BundleQuerySet":
        return self.filter(is_completed=False)


class Bundle(models.Model):
    """Orders that a courier was handed together. Active until its last undelivered order is delivered or released."""

    bundle_id = models.BigAutoField(primary_key=True, verbose_name=_("number"))
    courier = models.ForeignKey(Courier, on_delete=models.PROTECT, related_name="bundles")
    courier_type = models.CharField(
        max_length=4, choices=CourierType, help_text="The courier's type when the bundle was formed: it sets the pay."
    )
    assign_time = models.DateTimeField()
    is_completed = models.BooleanField(default=False)
    released_orders = models.BigIntegerField(
        db_default=0, editable=False, help_text="How many orders have left it undelivered, freed or moved."
    )

    objects = BundleQuerySet.as_manager()

    class Meta:
        db_table = "bundles"
        verbose_name = _("bundle")
        verbose_name_plural = _("bundles")
        ordering = ["bundle_id"]
        constraints = [
            models.CheckConstraint(
                name="bundle_courier_type_is_known", condition=Q(courier_type__in=CourierType.values)
            ),
            models.UniqueConstraint(
                name="one_active_bundle_per_courier", fields=["courier"], condition=Q(is_completed=False)
            ),
        ]
        indexes = [
            models.Index(name="bundles_by_assign_time", fields=["assign_time"]),
            # SQLite walks the whole table rather than sort what one_active_bundle_per_courier holds.
            models.Index(name="active_bundles", fields=["bundle_id"], condition=Q(is_completed=False)),
        ]

    def __str__(self) -> str:
        return f"{capfirst(self._meta.verbose_name)} {self.bundle_id}"


class DeliveryTotal(models.Model):
    """Derived from the delivered orders: how many a courier has delivered in a region, and the sum of their times.

    The sum, `seconds` and the `microseconds` beyond them, is exact: as microseconds alone it could outgrow its column.
    """

    pk = models.CompositePrimaryKey("courier", "region")
    # The key's own index begins with it.
    courier = models.ForeignKey(
        Courier, on_delete=models.PROTECT, related_name="delivery_totals", db_index=False, editable=False
    )
    region = models.BigIntegerField(editable=False)
    deliveries = models.BigIntegerField(editable=False)
    seconds = models.BigIntegerField(editable=False)
    microseconds = models.BigIntegerField(editable=False)

    class Meta:
        db_table = "delivery_totals"

    def __str__(self) -> str:
        return f"Deliveries of courier {self.courier_id} in region {self.region}"

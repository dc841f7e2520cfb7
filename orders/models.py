from decimal import Decimal

from django.db import models
from django.db.models import Q
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from bundles.models import Bundle
from sweets_store.errors import NotFound


class UnknownOrder(NotFound):
    code = "unknown_order"
    message = _("There is no order {order_id}.")


class OrderStatus(models.TextChoices):
    FREE = "free"
    ASSIGNED = "assigned"
    DELIVERED = "delivered"


class OrderQuerySet(models.QuerySet["Order"]):
    def free(self) -> "OrderQuerySet":
        return self.filter(bundle__isnull=True)

    def undelivered(self) -> "OrderQuerySet":
        """Handed to a courier and still with him."""
        return self.filter(bundle__isnull=False, complete_time__isnull=True)

    def delivered(self) -> "OrderQuerySet":
        return self.filter(complete_time__isnull=False)

    def in_status(self, status: str) -> "OrderQuerySet":
        """Those whose `status` it is."""
        match OrderStatus(status):
            case OrderStatus.FREE:
                return self.free()
            case OrderStatus.ASSIGNED:
                return self.undelivered()
            case OrderStatus.DELIVERED:
                return self.delivered()

    def lightest_first(self) -> "OrderQuerySet":
        return self.order_by("weight", "order_id")


class Order(models.Model):
    """Free while it has no bundle, assigned while it has one and no complete time, then delivered."""

    order_id = models.BigIntegerField(primary_key=True, verbose_name=_("number"))
    weight = models.DecimalField(max_digits=4, decimal_places=2, help_text="Kilograms.")
    region = models.BigIntegerField()
    delivery_hours = models.JSONField(help_text='Windows "HH:MM-HH:MM", in the order sent.')
    delivery_mask = models.BigIntegerField(
        editable=False,
        help_text=(
            "Derived from delivery_hours: a bit for each half-hour of the day that they touch, above ten bits for the"
            " minutes at which they begin and end."
        ),
    )
    # Its index is orders_by_bundle below: the one that Django would make holds every free order for nothing.
    bundle = models.ForeignKey(
        Bundle, null=True, blank=True, on_delete=models.PROTECT, related_name="orders", db_index=False
    )
    complete_time = models.DateTimeField(null=True, blank=True)

    objects = OrderQuerySet.as_manager()

    class Meta:
        db_table = "orders"
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        ordering = ["order_id"]
        constraints = [
            models.CheckConstraint(name="order_id_is_positive", condition=Q(order_id__gte=1)),
            models.CheckConstraint(
                name="weight_is_from_0_01_to_50", condition=Q(weight__gte=Decimal("0.01"), weight__lte=Decimal(50))
            ),
            models.CheckConstraint(name="region_is_positive", condition=Q(region__gte=1)),
            models.CheckConstraint(
                name="complete_time_only_with_bundle",
                condition=Q(complete_time__isnull=True) | Q(bundle__isnull=False),
            ),
        ]
        indexes = [
            # The assign path walks the free orders of a region by weight, or those of certain hours there
            # (bundles/shelves.py).
            models.Index(
                name="free_orders_by_weight",
                fields=["region", "weight", "order_id", "delivery_mask"],
                condition=Q(bundle__isnull=True, delivery_mask__gt=0),
            ),
            models.Index(
                name="free_orders_by_hours",
                fields=["region", "delivery_mask", "weight", "order_id"],
                condition=Q(bundle__isnull=True),
            ),
            models.Index(
                name="orders_by_bundle",
                fields=["bundle", "complete_time", "order_id"],
                condition=Q(bundle__isnull=False),
            ),
            # The lists: each state, and a region, by id. Of the carried ones the board counts how many close when.
            models.Index(name="free_orders", fields=["order_id"], condition=Q(bundle__isnull=True)),
            models.Index(
                name="undelivered_orders",
                fields=["order_id", "delivery_mask"],
                condition=Q(bundle__isnull=False, complete_time__isnull=True),
            ),
            models.Index(name="delivered_orders", fields=["order_id"], condition=Q(complete_time__isnull=False)),
            # The board: what was delivered on a day, and in which bundles.
            models.Index(
                name="deliveries_by_time",
                fields=["complete_time", "bundle"],
                condition=Q(complete_time__isnull=False),
            ),
            models.Index(name="orders_by_region", fields=["region", "order_id"]),
        ]

    def __str__(self) -> str:
        return f"{capfirst(self._meta.verbose_name)} {self.order_id}"

    @property
    def status(self) -> OrderStatus:
        if self.bundle_id is None:
            return OrderStatus.FREE
        return OrderStatus.ASSIGNED if self.complete_time is None else OrderStatus.DELIVERED

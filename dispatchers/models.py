from django.db import models


class NoRows(models.Manager["Dispatch"]):
    """`dumpdata` asks every model for its rows, also one that has no table."""

    def get_queryset(self) -> models.QuerySet["Dispatch"]:
        return super().get_queryset().none()


class Dispatch(models.Model):  # noqa: DJ008  # there are no rows
    """No table: what a dispatcher may do that belongs to no single record."""

    objects = NoRows()

    class Meta:
        managed = False
        default_permissions = ()
        permissions = [
            ("dispatch", "Can assign, release, move, complete and undo"),
            ("see_pay", "Can see what couriers are paid"),
        ]

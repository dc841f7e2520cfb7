from django.db import models


class Dispatch(models.Model):  # noqa: DJ008  # there are no rows
    """No table: what a dispatcher may do that belongs to no single record."""

    class Meta:
        managed = False
        default_permissions = ()
        permissions = [
            ("dispatch", "Can assign, release, move, complete and undo"),
            ("see_pay", "Can see what couriers are paid"),
        ]

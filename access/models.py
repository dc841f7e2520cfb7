from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from couriers.models import Courier


class Scope(models.TextChoices):
    """What the holder of a token may do; see `access/scopes.py`."""

    INTEGRATOR = "integrator", _("integrator: imports and reads")
    COURIER = "courier", _("courier: assigns, completes and reads himself alone")
    DISPATCHER = "dispatcher", _("dispatcher: all")


class State(models.TextChoices):
    IN_USE = "in use", _("in use")
    EXPIRED = "expired", _("expired")
    REVOKED = "revoked", _("revoked")


def printable(text: str) -> None:
    """It stands in lists, a line each, and in the log."""
    if not text.isprintable() or text.isspace():
        raise ValidationError(_("It must be in letters, digits and signs that can be printed."))


class Token(models.Model):
    """What a client of the API shows. Of the secret itself only the digest is kept; an owner may have several."""

    token_id = models.BigAutoField(primary_key=True, verbose_name=_("number"))
    owner = models.CharField(
        _("owner"), max_length=200, validators=[printable], help_text=_("Whose it is, such as a system or a device.")
    )
    scope = models.CharField(_("scope"), max_length=10, choices=Scope)
    courier = models.ForeignKey(
        Courier, models.PROTECT, null=True, blank=True, verbose_name=_("courier"), related_name="tokens"
    )
    digest = models.CharField(max_length=64, unique=True, editable=False, help_text="SHA-256, hexadecimal.")
    beginning = models.CharField(_("begins with"), max_length=12, editable=False)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True, help_text=_("Never, if left empty."))
    last_used_at = models.DateTimeField(_("last used"), null=True, editable=False, help_text="To the minute.")
    revoked_at = models.DateTimeField(_("revoked"), null=True, editable=False)

    class Meta:
        db_table = "tokens"
        verbose_name = _("token")
        verbose_name_plural = _("tokens")
        ordering = ["-token_id"]
        constraints = [
            models.CheckConstraint(
                name="a_couriers_token_names_him",
                condition=Q(scope=Scope.COURIER, courier__isnull=False)
                | (~Q(scope=Scope.COURIER) & Q(courier__isnull=True)),
                violation_error_message=_("A token of the scope courier names its courier, every other one none."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.owner} ({self.beginning}…)"

    def state(self, now: datetime) -> State:
        if self.revoked_at is not None:
            return State.REVOKED
        if self.expires_at is not None and self.expires_at <= now:
            return State.EXPIRED
        return State.IN_USE

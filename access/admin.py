from datetime import UTC
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminBigIntegerFieldWidget

from access.models import Token
from access.services import LASTS, issue_token, revoke_token
from sweets_store.admin.records import ChosenAdmin
from sweets_store.admin.values import NOTHING, moment, record_link, unbroken


class TokenForm(forms.ModelForm):
    def clean_expires_at(self) -> Any:
        expires_at = self.cleaned_data["expires_at"]
        try:
            return expires_at and expires_at.astimezone(UTC)
        except OverflowError:
            raise ValidationError(_("It must be of the years 1 to 9999.")) from None


@admin.register(Token)
class TokenAdmin(ChosenAdmin):
    """Tokens are made and revoked, never changed or deleted."""

    form = TokenForm
    list_display = ["owner", "scope", "courier_link", "begins_with", "state_now", "created", "expires", "last_used"]
    list_filter = ["scope"]
    search_fields = ["owner", "beginning"]
    search_help_text = _("Search for an owner, or for how a token begins.")
    actions = ["revoke"]
    show_facets = admin.ShowFacets.NEVER

    def get_fields(self, request: HttpRequest, obj: Token | None = None) -> list[Any]:
        shown = ["begins_with", "state_now", "created", "expires", "last_used", "revoked"]
        return ["owner", "scope", "courier", "expires_at"] if obj is None else ["owner", "scope", "courier", *shown]

    def get_readonly_fields(self, request: HttpRequest, obj: Token | None = None) -> list[Any]:
        return [] if obj is None else self.get_fields(request, obj)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """A courier is named by his number: of ten thousand nobody looks one up in a list."""
        if db_field.name == "courier":
            return db_field.formfield(widget=UnfoldAdminBigIntegerFieldWidget())
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        asked = {name: value for name, value in request.GET.items() if name in ("owner", "scope", "courier")}
        return asked | {"expires_at": timezone.localtime() + LASTS}

    def save_model(self, request: HttpRequest, obj: Any, form: forms.Form, change: bool) -> None:
        obj.secret = issue_token(obj)

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        """Show the secret in this answer alone: a message would travel in a cookie, or stand in the session."""
        context = self.admin_site.each_context(request) | {"title": gettext("A new token"), "token": obj}
        return TemplateResponse(request, "access/created.html", context)

    @admin.action(description=_("Revoke"), permissions=["revoke"])
    def revoke(self, request: HttpRequest, tokens: QuerySet[Token]) -> None:
        for token in tokens:
            revoke_token(token_id=token.token_id, now=timezone.now())
            self.message_user(request, gettext("%(token)s opens nothing any more.") % {"token": token})

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("access.change_token")

    def has_change_permission(self, request: HttpRequest, obj: Token | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Token | None = None) -> bool:
        return False

    @admin.display(description=_("courier"), ordering="courier")
    def courier_link(self, token: Token) -> SafeString | str:
        return NOTHING if token.courier_id is None else record_link("couriers_courier", token.courier_id)

    @admin.display(description=_("begins with"))
    def begins_with(self, token: Token) -> SafeString:
        return unbroken(f"{token.beginning}…")

    @admin.display(description=_("state"))
    def state_now(self, token: Token) -> str:
        return str(token.state(timezone.now()).label)

    @admin.display(description=_("created"), ordering="created_at")
    def created(self, token: Token) -> SafeString:
        return moment(token.created_at)

    @admin.display(description=_("expires"), ordering="expires_at")
    def expires(self, token: Token) -> SafeString | str:
        return gettext("never") if token.expires_at is None else moment(token.expires_at)

    @admin.display(description=_("last used"), ordering="last_used_at")
    def last_used(self, token: Token) -> SafeString:
        return moment(token.last_used_at)

    @admin.display(description=_("revoked"))
    def revoked(self, token: Token) -> SafeString:
        return moment(token.revoked_at)

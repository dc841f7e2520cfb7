"""The token at the API's door: `Authorization: Token …`, asked for where API_ACCESS is token."""

from typing import Any

from django.conf import settings
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from access.models import Token
from access.scopes import may
from access.services import TokenRefused, token_shown
from sweets_store.acting import is_known_as

MISSING = "Send the header Authorization: Token …. The store's operator makes a token by manage.py create_token."
NOT_HIS = "A token of the scope {scope} is not for this. Ask the store's operator for one of another scope."


class TokenAuthentication(BaseAuthentication):
    def authenticate(self, request: Request) -> tuple[None, Token] | None:
        if settings.API_ACCESS == "open":
            return None
        word, _, secret = request.headers.get("Authorization", "").strip().partition(" ")
        if word.lower() != "token" or not secret.strip():
            raise NotAuthenticated(MISSING, "token_missing")
        try:
            token = token_shown(secret=secret.strip(), now=timezone.now())
        except TokenRefused as refused:
            raise AuthenticationFailed(str(refused), refused.code) from None
        is_known_as(token.owner)
        return None, token

    def authenticate_header(self, request: Request) -> str:
        return "Token"


class InScope(BasePermission):
    """See `access/scopes.py`. A method that there is not is left to be refused as such."""

    def has_permission(self, request: Request, view: Any) -> bool:
        token: Any = request.auth
        is_method = view.action in view.action_map.values()
        if token is None or not is_method or may(token, view.action, view.couriers_actions):
            return True
        self.message = NOT_HIS.format(scope=token.scope)
        return False

    code = "not_in_scope"

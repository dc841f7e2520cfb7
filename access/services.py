"""The use cases around tokens."""

import hashlib
import logging
import secrets
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import DatabaseError, transaction
from django.utils.translation import gettext_lazy as _

from access.models import State, Token
from sweets_store.away import one_line
from sweets_store.errors import DomainError
from sweets_store.waiting import waiting_for_nobody

logger = logging.getLogger(__name__)

PREFIX = "sweets_"  # by which those who look for leaked secrets find it
SHOWN = len(PREFIX) + 4
LASTS = timedelta(days=365)  # unless whoever makes it says otherwise
USE_KEPT_EVERY = timedelta(minutes=1)
_tried: dict[str, datetime] = {}  # by digest


class TokenRefused(DomainError):
    """The client is not let in."""


class TokenUnknown(TokenRefused):
    code = "unknown_token"
    message = "This token is not known here. Ask the store's operator for one."


class TokenOver(TokenRefused):
    code = "token_over"
    message = "This token is {state}. Ask the store's operator for another one."


class NoSuchToken(DomainError):
    code = "no_such_token"
    message = _("There is no token {token_id}.")


class Created(NamedTuple):
    token: Token
    secret: str


def create_token(
    *, owner: str, scope: str, courier_id: int | None = None, expires_at: datetime | None = None
) -> Created:
    """Make a token. Raises ValidationError, which names every bad field."""
    token = Token(owner=owner, scope=scope, courier_id=courier_id, expires_at=expires_at)
    return Created(token, issue_token(token))


def issue_token(token: Token) -> str:
    """Store the new token and return its secret, which nobody can ask for again. Raises ValidationError."""
    secret = PREFIX + secrets.token_urlsafe(32)
    token.digest, token.beginning = digest_of(secret), secret[:SHOWN]
    token.full_clean()
    token.save(force_insert=True)
    return secret


def revoke_token(*, token_id: int, now: datetime) -> Token:
    """Let the token open nothing from now on; revoked again, the first time stays. Raises NoSuchToken."""
    with transaction.atomic():
        Token.objects.filter(token_id=token_id, revoked_at=None).update(revoked_at=now)
        token = Token.objects.filter(token_id=token_id).select_related("courier").first()
    if token is None:
        raise NoSuchToken(token_id=token_id)
    return token


def token_shown(*, secret: str, now: datetime) -> Token:
    """Return the token whose secret it is, and keep that it was used. Raises TokenUnknown and TokenOver."""
    token = Token.objects.filter(digest=digest_of(secret)).first()
    if token is None:
        raise TokenUnknown
    if (state := token.state(now)) != State.IN_USE:
        raise TokenOver(state=state.value)
    if token.last_used_at is None or token.last_used_at <= now - USE_KEPT_EVERY:
        _keep_use(token, now)
    return token


def _keep_use(token: Token, now: datetime) -> None:
    """Waits for nobody: a store that cannot be written now still answers what it can read.

    What could not be kept is not tried again by this process for a minute.
    """
    if now - _tried.get(token.digest, now - USE_KEPT_EVERY) < USE_KEPT_EVERY:
        return
    _tried[token.digest] = now
    free = Token.objects.filter(token_id=token.token_id).select_for_update(skip_locked=True)
    try:
        with waiting_for_nobody(), transaction.atomic():
            if free.exists():
                Token.objects.filter(token_id=token.token_id).update(last_used_at=now)
    except DatabaseError as fault:
        logger.warning("The use of token %s could not be kept: %s", token.token_id, one_line(fault))


def digest_of(secret: str) -> str:
    """The secret is random enough that a plain digest gives nothing of it away."""
    return hashlib.sha256(secret.encode()).hexdigest()

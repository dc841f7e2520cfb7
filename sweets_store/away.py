"""A database that is away, locked too long, or one that only reads: what is raised then, and how it is told."""

import logging

from django.db import InterfaceError, InternalError, OperationalError

from sweets_store.errors import refusal

logger = logging.getLogger(__name__)

AWAY = (OperationalError, InterfaceError, InternalError)  # the latter: PostgreSQL that only reads
UNAVAILABLE = refusal("database_unavailable", "The database is away or locked. Try again.")
RETRY_AFTER_SECONDS = 1
RETRY_AFTER = {"Retry-After": str(RETRY_AFTER_SECONDS)}


def log_away(what: str, fault: Exception) -> None:
    """Tell the operator in one line, without a trace, what the database refused."""
    logger.error("The database refused %s: %s", what, one_line(fault))


def one_line(text: object) -> str:
    return " ".join(str(text).split())

"""A database that is away, locked too long, or one that only reads: what is raised then, and how it is told."""

import logging

from django.db import InterfaceError, InternalError, OperationalError

from sweets_store.errors import refusal

logger = logging.getLogger(__name__)

AWAY = (OperationalError, InterfaceError, InternalError)  # the latter: PostgreSQL that only reads
UNAVAILABLE = refusal("database_unavailable", "The database is away or locked. Try again.")
RETRY_AFTER_SECONDS = 1
RETRY_AFTER = {"Retry-After": str(RETRY_AFTER_SECONDS)}
UNDEFINED_TABLE, UNDEFINED_COLUMN = "42P01", "42703"  # PostgreSQL's codes


def log_away(what: str, fault: Exception) -> None:
    """Tell the operator in one line, without a trace, what the database refused."""
    logger.error("The database refused %s: %s", what, one_line(fault))


def lacks_tables(fault: Exception) -> bool:
    """Whether the database was not migrated yet, or not since an upgrade."""
    said, code = str(fault), getattr(fault.__cause__, "pgcode", None)
    return "no such table" in said or "no such column" in said or code in (UNDEFINED_TABLE, UNDEFINED_COLUMN)


def one_line(text: object) -> str:
    return " ".join(str(text).split())

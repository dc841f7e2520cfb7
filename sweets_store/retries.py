"""Again from the start, where PostgreSQL itself asks for it."""

import logging
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import OperationalError, connection

logger = logging.getLogger(__name__)

TRIES = 4
SERIALIZATION_FAILURE, DEADLOCK_DETECTED = "40001", "40P01"

P = ParamSpec("P")
R = TypeVar("R")


def retried(use_case: Callable[P, R]) -> Callable[P, R]:
    """Run the use case up to 4 times, while PostgreSQL rolls it back in favour of another transaction.

    Outermost, around `transaction.atomic`: each try locks, reads and decides anew, so what the others did counts. The
    last try's error stays loud (the API answers 503), and so does every other error. Within an outer transaction
    nothing is tried again: that one is lost as a whole and is its owner's to repeat.

    The store's own requests lock in one order and never need it; this is for who works beside them with SQL.
    """

    @wraps(use_case)
    def tried(*args: P.args, **kwargs: P.kwargs) -> R:
        for _ in range(TRIES - 1):
            try:
                return use_case(*args, **kwargs)
            except OperationalError as fault:
                if connection.in_atomic_block or not asks_to_retry(fault):
                    raise
                logger.warning("PostgreSQL rolled %s back, it is tried again: %s", use_case.__name__, fault)
        return use_case(*args, **kwargs)

    return tried


def asks_to_retry(fault: OperationalError) -> bool:
    return getattr(fault.__cause__, "pgcode", None) in (SERIALIZATION_FAILURE, DEADLOCK_DETECTED)

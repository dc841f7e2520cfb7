"""Use cases tried out before they are meant, and done only if they come to what was shown."""

from collections.abc import Callable, Collection, Iterable
from typing import TypeVar

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from bundles.locks import lock_couriers, lock_regions
from sweets_store.errors import DomainError
from sweets_store.retries import retried

Outcome = TypeVar("Outcome")
UseCase = Callable[[], Outcome]


class ChangedMeanwhile(DomainError):
    """`outcome` is what the use case would come to now."""

    code = "changed_meanwhile"
    message = _("Something changed meanwhile, so this was not done.")


@retried
@transaction.atomic
def rehearse(
    use_cases: Iterable[UseCase[Outcome]], *, courier_ids: Collection[int], assigning: bool
) -> list[Outcome | DomainError]:
    """Return what the use cases would come to, one after another, each an outcome or its refusal. Nothing stays done.

    `courier_ids` are all the couriers whose bundles they change: their rows, then, if they assign, the regions of them
    all, are locked first, so that the use cases, each of which locks again what it needs, wait for nobody in a circle.
    """
    couriers = lock_couriers(courier_ids)
    if assigning:
        lock_regions({region for courier in couriers for region in courier.regions})
    outcomes = [_outcome_or_refusal(use_case) for use_case in use_cases]
    transaction.set_rollback(True)
    return outcomes


@retried
@transaction.atomic
def carry_out(
    use_case: UseCase[Outcome], *, courier_ids: Collection[int], expected: Callable[[Outcome], bool]
) -> Outcome:
    """Run the use case, and keep what it did if that is what was `expected`.

    `courier_ids`: see `rehearse`. Raises ChangedMeanwhile, with the other outcome, and what the use case raises; then
    nothing is changed.
    """
    lock_couriers(courier_ids)
    outcome = use_case()
    if not expected(outcome):
        raise ChangedMeanwhile(outcome=outcome)
    return outcome


def _outcome_or_refusal(use_case: UseCase[Outcome]) -> Outcome | DomainError:
    try:
        with transaction.atomic():
            return use_case()
    except DomainError as refusal:
        return refusal

"""Who may do what by the API, where it asks for tokens.

An integrator imports and reads. A courier assigns, completes and reads himself; of the others he is told what a client
is told of couriers whom the store does not know. A dispatcher may do all.
"""

from collections.abc import Collection
from typing import Any

from access.models import Scope, Token
from couriers.models import UnknownCourier

INTEGRATORS = {"create", "list", "retrieve", "explain"}


def may(token: Token, action: str, couriers_actions: Collection[str]) -> bool:
    """Whether the token's scope has the action of a viewset, of which those `couriers_actions` are a courier's."""
    match Scope(token.scope):
        case Scope.INTEGRATOR:
            return action in INTEGRATORS
        case Scope.COURIER:
            return action in couriers_actions
        case Scope.DISPATCHER:
            return True


def require_himself(token: Any, courier_id: int) -> None:
    """Raises UnknownCourier if the token is another courier's. Where the API is open there is none."""
    if token is not None and token.scope == Scope.COURIER and token.courier_id != courier_id:
        raise UnknownCourier(courier_id=courier_id)

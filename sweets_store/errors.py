"""The refusals of the domain. Each use case subclasses them beside its service; `api.py` gives each kind its status."""

from typing import Any, ClassVar


class DomainError(Exception):
    """A well-formed request that the business declines. `code` is stable for machines, `message` is for people: of the
    admin in their language, of the API and of commands in English.
    """

    code: ClassVar[str]
    message: ClassVar[Any]  # may be lazily translated

    def __init__(self, **facts: Any) -> None:
        self.facts = facts
        super().__init__(self.message.format(**facts))

    def body(self) -> dict[str, str]:
        return refusal(self.code, str(self))


class NotFound(DomainError):
    """What the request names does not exist."""


class ValidationFailed(Exception):
    """The whole validation report (contract, "The validation report"): every bad object with every bad field."""

    def __init__(self, report: dict[str, Any]) -> None:
        self.report = report
        super().__init__(f"{len(report)} entries")


def refusal(code: str, detail: str) -> dict[str, str]:
    """The body of every refusal outside the validation report (contract, "Everywhere")."""
    return {"code": code, "detail": detail}

"""The errors of the domain. Codes are stable strings, listed in docs/errors.md.

DomainError
├── Invalid          the request cannot mean anything (shape: 400; meaning, with `errors`: 422)
├── NotFound         no such thing, or not yours to see
├── NotAllowed       known, but not for this principal
├── PolicyRefused    understood and refused by a rule of the merchant
├── Conflict         the present state does not allow it
│   └── Stale        the caller looked at an older version
└── TransientError   nothing was done; try again later
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldError:
    """One bad field: where (JSON pointer), a stable code and a sentence."""

    pointer: str
    code: str
    message: str


class DomainError(Exception):
    """A refusal with a stable code, a sentence, and details that help the caller to go on."""

    def __init__(self, code: str, message: str, **details: object) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.details = details

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


class Invalid(DomainError):
    """The input is wrong, whatever the state is. `errors` names every bad field."""

    def __init__(
        self, code: str, message: str, *, errors: Sequence[FieldError] = (), **details: object
    ) -> None:
        super().__init__(code, message, **details)
        self.errors = tuple(errors)


class NotFound(DomainError):
    """There is no such thing, or the caller may not know that there is."""


class NotAllowed(DomainError):
    """The principal lacks a permission or a scope."""


class PolicyRefused(DomainError):
    """A rule of the merchant or of the law refuses it; the details hold the trace."""


class Conflict(DomainError):
    """The present state does not allow it; the details say what is allowed now."""


class Stale(Conflict):
    """The caller's version is not the present one; `subject` is whose events tell what changed."""

    def __init__(
        self, code: str, message: str, *, subject: str | None = None, **details: object
    ) -> None:
        super().__init__(code, message, **details)
        self.subject = subject


class TransientError(DomainError):
    """Nothing was done, or it is not known yet; the same request may be sent again."""

    def __init__(
        self, code: str, message: str, *, retry_after_s: int = 1, **details: object
    ) -> None:
        super().__init__(code, message, **details)
        self.retry_after_s = retry_after_s

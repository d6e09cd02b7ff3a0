"""Which version of the merchant's policies an order is sold under: the one shown at purchase.

It is named, or found: the version of the named policy that was in force when the order was placed.
Once recorded it stays, whatever is published later.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from chalicelib.core.clock import rfc3339
from chalicelib.core.errors import FieldError, Invalid
from chalicelib.orders.model import Order
from chalicelib.policy.evaluation import CompiledPolicy
from chalicelib.policy.shelves import unknown_version
from chalicelib.policy.versions import Shelf

DEFAULT_POLICY = "standard"
"""Of orders that say nothing. It has a built-in version, which a merchant's own follow."""

UNDECIDED = ""
"""The version of an order that was read and not yet registered, where it names none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TermsOfSale:
    """What was said of the terms: a version, a policy, or neither."""

    version: str | None = None
    policy: str | None = None


class TermsReader(Protocol):
    """Reads published versions, and shelves as they stood some seconds ago at most."""

    def policy(self, version_id: str) -> CompiledPolicy | None: ...

    def known_shelf(self, policy: str) -> Shelf: ...


def version_of_sale(
    reads: TermsReader, told: TermsOfSale, placed_at: datetime, known: Order | None
) -> str:
    """The version to record. Raises Invalid `unknown_policy_version` or `no_version_in_force`."""
    if told.version is not None:
        if reads.policy(told.version) is None:
            raise unknown_version(told.version)
        return told.version
    if known is not None and (told.policy is None or _is_of(reads, known, told.policy)):
        return known.policy_version
    policy = told.policy or DEFAULT_POLICY
    shelf = reads.known_shelf(policy)
    found = shelf.in_force(placed_at)
    if found is None and told.policy is None:
        found = _before_all(shelf, placed_at)
    if found is None:
        raise _nothing_in_force(policy, placed_at)
    return found


def _is_of(reads: TermsReader, known: Order, policy: str) -> bool:
    recorded = reads.policy(known.policy_version)
    return recorded is not None and recorded.document.policy == policy


def _before_all(shelf: Shelf, placed_at: datetime) -> str | None:
    """An old order that says nothing has the terms that the policy began with."""
    first, _ = shelf.spans()[0]
    return first.version_id if placed_at < first.begins else None


def _nothing_in_force(policy: str, placed_at: datetime) -> Invalid:
    message = f"No version of policy {policy!r} was in force at {rfc3339(placed_at)}."
    fault = FieldError(pointer="/policy", code="no_version_in_force", message=message)
    return Invalid("no_version_in_force", message, errors=[fault], policy=policy)

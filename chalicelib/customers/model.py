"""A customer's standing with the merchant: the lists they are on, why, by whom, and until when.

Customers themselves are kept elsewhere; here is only what policies may ask about them. The reason
is written by people, so it never leaves the record for an event.
"""

from dataclasses import dataclass
from datetime import datetime

from chalicelib.core.events import Chain

ALLOW = "allow"
BLOCK = "block"


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """On one list since `at`; `until`, where given, is the first moment at which it is over."""

    list_name: str
    reason: str
    by: str
    at: datetime
    until: datetime | None = None

    def holds_at(self, moment: datetime) -> bool:
        return self.until is None or moment < self.until


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerStanding:
    """The lists of one customer, each once, by name. Version 0: nobody listed them yet."""

    customer_id: str
    memberships: tuple[Membership, ...] = ()
    version: int = 0
    chain: Chain = Chain()

    @property
    def subject(self) -> str:
        return f"customer/{self.customer_id}"

    def membership(self, list_name: str) -> Membership | None:
        """The one on this list, over or not."""
        return next((one for one in self.memberships if one.list_name == list_name), None)

    def lists_at(self, moment: datetime) -> frozenset[str]:
        """The lists that the customer is on at this moment."""
        return frozenset(one.list_name for one in self.memberships if one.holds_at(moment))

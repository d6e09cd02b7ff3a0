"""The withdrawal: a buyer's declaration, and what became of it.

It takes effect by being declared: it is kept and acknowledged whatever is known of the sale. What
identifies a person, and all that was written, is in a `Declarant` of its own, which can be erased.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from chalicelib.core.events import Chain
from chalicelib.core.ids import derived_id


class Law(StrEnum):
    """The rule set that a withdrawal is measured by."""

    EU_14 = "EU_14"
    CN_7 = "CN_7"


class WithdrawalState(StrEnum):
    """How far a declaration has come; none of these refuses it.

    STATED has no effect yet. CONFIRMED is declared, and a person looks for its sale. MATCHED has a
    return. REPEATED says again what an earlier one said. SET_ASIDE: a person found no sale of ours
    that it could mean; with better information it may still be matched. Whether the right existed
    is decided about the return, never about the declaration.
    """

    STATED = "STATED"
    CONFIRMED = "CONFIRMED"
    MATCHED = "MATCHED"
    REPEATED = "REPEATED"
    SET_ASIDE = "SET_ASIDE"


class Unmatched(StrEnum):
    """Why no return could be made by rule, so that a person has to look."""

    ORDER_UNKNOWN = "order_unknown"
    NOT_THEIRS = "not_theirs"
    LINES_UNKNOWN = "lines_unknown"
    NOT_SHIPPED = "not_shipped"
    UNITS_HELD = "units_held"
    PERHAPS_REPEATED = "perhaps_repeated"


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedLine:
    """What the buyer named: a line of the order, or goods by their SKU."""

    quantity: int
    order_line_no: str | None = None
    sku: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """When the declaration was acknowledged, and the digest of the text in each language."""

    issued_at: datetime
    sha256: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawal:
    """`lines` empty: the whole order. `order_no` is the sale that was found, never what was typed.

    `declared_at` is the moment of the second step, by which every period is measured. `repeats`
    names the first declaration about the same units. `refund_due_at` None with
    `refund_days_after_goods`: the money is due so many days after the goods are back.
    """

    withdrawal_id: str
    state: WithdrawalState
    contact_ref: str
    stated_at: datetime
    lines: tuple[StatedLine, ...] = ()
    customer_id: str | None = None
    law: Law | None = None
    declared_at: datetime | None = None
    receipt: Receipt | None = None
    unmatched: Unmatched | None = None
    order_no: str | None = None
    return_id: str | None = None
    repeats: str | None = None
    include_shipping: bool = False
    refund_due_at: datetime | None = None
    refund_days_after_goods: int | None = None
    version: int = 1
    chain: Chain = Chain()

    @property
    def subject(self) -> str:
        return f"withdrawal/{self.withdrawal_id}"


def contact_id_for(withdrawal_id: str) -> str:
    """Where the personal data of a withdrawal is, so that both are read at once."""
    return derived_id("con", withdrawal_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Declarant:
    """Who declared, and in which words. The only item of a withdrawal with personal data.

    `order_stated` is kept here because a person may type anything, a name included. `receipts` are
    the texts that were acknowledged, by language: kept as they were, because a durable medium may
    not change with the words of a later version.
    """

    contact_id: str
    withdrawal_id: str
    name: str
    order_stated: str | None = None
    email: str | None = None
    address: str | None = None
    statement: str | None = None
    receipts: dict[str, str] = field(default_factory=dict)
    version: int = 1

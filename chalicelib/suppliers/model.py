"""A supplier: on which terms goods go back to it, and what quality was agreed.

A company, not a person: who speaks for it is named by references only. Quality criteria are
versions, so that goods are judged by what was agreed when they were sold.
"""

from dataclasses import dataclass
from datetime import datetime

from chalicelib.core.events import Chain
from chalicelib.core.money import Money

VERSIONS_KEPT = 50
"""Of quality criteria; older ones are in the events."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What was agreed about goods that come back.

    `credit_share` is the part of the cost that it makes good, a decimal string up to 1.
    `days_to_claim` count from the inspection, `days_to_answer` from a document that it was sent.
    """

    is_agreed: bool = True
    address_ref: str | None = None
    carrier: str | None = None
    quantity_min: int = 1
    value_min: Money | None = None
    days_to_claim: int = 90
    days_to_answer: int = 14
    credit_share: str = "1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Criterion:
    """One thing that both sides look at; `titles` by language."""

    code: str
    titles: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class DefectLimit:
    """How many defective units per 1,000 sold are accepted; of one SKU, a category, or of all."""

    per_thousand: str
    sku: str | None = None
    category: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityCriteria:
    """One version of what was agreed."""

    number: int
    valid_from: datetime
    criteria: tuple[Criterion, ...] = ()
    limits: tuple[DefectLimit, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Supplier:
    """`sees_prices`: whether it was agreed that it sees what its goods were sold for."""

    supplier_id: str
    name: str
    currency: str
    terms: Terms
    created_at: datetime
    updated_at: datetime
    contact_refs: tuple[str, ...] = ()
    sees_prices: bool = False
    quality: tuple[QualityCriteria, ...] = ()
    version: int = 1
    chain: Chain = Chain()

    @property
    def subject(self) -> str:
        return f"supplier/{self.supplier_id}"

    @property
    def criteria(self) -> QualityCriteria | None:
        """What is agreed now."""
        return self.quality[-1] if self.quality else None

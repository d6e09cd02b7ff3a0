"""A campaign: why goods are called back, which sales it is about, what was found and drafted.

A query finds units, not orders: an order of two lots has only the units of the asked one called
back. What was found is fixed when it is shown; drafts are made of that and of nothing else.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from chalicelib.core.events import Chain
from chalicelib.core.money import Money
from chalicelib.returns.model import LinkedDocument, Method, ReturnType


class CampaignType(StrEnum):
    """A recall protects people; a sales adjustment is the merchant's own choice."""

    RECALL = "recall"
    SALES_ADJUSTMENT = "sales_adjustment"

    @property
    def return_type(self) -> ReturnType:
        """The type of the returns that it drafts."""
        return ReturnType(self.value)


class CampaignState(StrEnum):
    """SCOPING: orders are being searched. SCOPED: what was found is there to be looked at."""

    SCOPING = "SCOPING"
    SCOPED = "SCOPED"
    DRAFTING = "DRAFTING"
    DRAFTED = "DRAFTED"
    CANCELLED = "CANCELLED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """Which sold units: all that is given must fit; `skus` is never empty, `lots` empty is any lot.

    The period is that of the delivery, its end exclusive; a delivery whose day is not known counts
    by when it was shipped.
    """

    skus: tuple[str, ...]
    lots: tuple[str, ...] = ()
    channel: str | None = None
    region: str | None = None
    customer_class: str | None = None
    delivered_from: datetime | None = None
    delivered_to: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What the query found. `units` were shipped; `held` of them are in a return or another
    document already, and `returnable` is the rest, which is what `value` and `by_warehouse` count.

    `unreadable` orders could not be looked into: a person has to.
    """

    orders: int = 0
    customers: int = 0
    lines: int = 0
    units: int = 0
    held: int = 0
    returnable: int = 0
    value: tuple[Money, ...] = ()
    by_warehouse: dict[str, int] = field(default_factory=dict)
    searched: int = 0
    unreadable: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Drafted:
    """What drafting has come to: returns with their units, and the orders it was refused for."""

    returns: int = 0
    units: int = 0
    rejected: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """`necessity` says in words why goods are called back; `documents` are linked to each draft.

    `job_id` is the job that searches or drafts, or did so last; files of what was drafted are
    named after it. The three `_parts` say of how many files a list consists.
    """

    campaign_id: str
    type: CampaignType
    title: str
    necessity: str
    query: Query
    reason: str
    method: Method
    state: CampaignState
    job_id: str
    created_at: datetime
    created_by: str
    updated_at: datetime
    warehouse: str | None = None
    documents: tuple[LinkedDocument, ...] = ()
    scope: Scope | None = None
    scope_parts: int = 0
    drafted: Drafted | None = None
    draft_parts: int = 0
    reject_parts: int = 0
    version: int = 1
    chain: Chain = Chain()

    @property
    def subject(self) -> str:
        return f"campaign/{self.campaign_id}"

    def scope_key(self, part: int) -> str:
        """Where this part of the list of found units lies."""
        return f"{scope_prefix(self.campaign_id)}-{part:04d}.csv"

    def draft_key(self, part: int) -> str:
        """Where this part of the list of drafted returns lies."""
        return f"{draft_prefix(self.campaign_id, self.job_id)}-{part:04d}.csv"

    def reject_key(self, part: int) -> str:
        """Where this part of the list of orders lies that nothing could be drafted for."""
        return f"{reject_prefix(self.job_id)}-{part:04d}.csv"


def scope_prefix(campaign_id: str) -> str:
    return f"reports/campaigns/{campaign_id}/scope"


def draft_prefix(campaign_id: str, job_id: str) -> str:
    return f"reports/campaigns/{campaign_id}/drafts-{job_id}"


def reject_prefix(job_id: str) -> str:
    return f"rejects/{job_id}"

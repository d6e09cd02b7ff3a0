"""What is compared and what is found. Movements are read as they are, even where they are wrong."""

from dataclasses import dataclass, field
from datetime import datetime

from chalicelib.campaigns.model import Campaign
from chalicelib.claims.model import Claim
from chalicelib.core.events import Event, Json
from chalicelib.core.money import Money
from chalicelib.credits.model import CreditAccount
from chalicelib.customers.model import CustomerStanding
from chalicelib.devices.model import Device, Enrolment
from chalicelib.exchanges.model import Exchange
from chalicelib.inspection.choosing import Checklists
from chalicelib.inspection.rules import InspectionRules
from chalicelib.inventory.adjusting import StockAdjustment
from chalicelib.inventory.alerts import StockAlert
from chalicelib.inventory.counting import StockCount
from chalicelib.inventory.lots import LotStatement
from chalicelib.inventory.model import Account, Balance
from chalicelib.inventory.planning import StockPlan
from chalicelib.inventory.serials import Serial
from chalicelib.inventory.shelf_life import ShelfLives
from chalicelib.inventory.transferring import StockTransfer
from chalicelib.invoicing.accounts import FinanceAccounts
from chalicelib.invoicing.model import CreditNote, NumberedNote
from chalicelib.invoicing.numbering import NumberSeries
from chalicelib.invoicing.red_letter import RedLetter
from chalicelib.invoicing.seller import Seller
from chalicelib.ledger.model import Posting as MoneyPosting
from chalicelib.liability.model import LiabilityClaim
from chalicelib.notices.model import AdvanceNotice
from chalicelib.notices.partners import Partner
from chalicelib.orders.model import Order
from chalicelib.policy.versions import PolicyVersion, Shelf
from chalicelib.reasons.amendments import Amendments
from chalicelib.receivings.model import Receiving
from chalicelib.returns.conversation import Conversation
from chalicelib.returns.delegating import Delegation
from chalicelib.returns.exceptions import ReturnException
from chalicelib.returns.model import Return
from chalicelib.returns.parcels import Parcel
from chalicelib.returns.receiving import Receipt
from chalicelib.returns.scrap_proposals import ScrapProposal
from chalicelib.suppliers.claims import VendorClaim
from chalicelib.suppliers.documents import RtvDocument
from chalicelib.suppliers.model import Supplier
from chalicelib.tasks.model import Task
from chalicelib.withdrawals.model import Withdrawal
from chalicelib.workorders.model import WorkOrder

Document = (
    Order
    | Return
    | StockCount
    | ReturnException
    | Exchange
    | Claim
    | Campaign
    | Task
    | Conversation
    | LiabilityClaim
    | Supplier
    | RtvDocument
    | VendorClaim
    | Withdrawal
    | CustomerStanding
    | CreditAccount
    | CreditNote
    | RedLetter
    | Seller
    | FinanceAccounts
    | Amendments
    | Delegation
    | Device
    | Enrolment
    | PolicyVersion
    | Shelf
    | StockTransfer
    | StockAdjustment
    | StockPlan
    | StockAlert
    | LotStatement
    | ShelfLives
    | ScrapProposal
    | WorkOrder
    | Parcel
    | Receiving
    | AdvanceNotice
    | Partner
    | Checklists
    | InspectionRules
)
Place = tuple[str, str, str | None, Account]
"""Warehouse, SKU, lot and account: where one balance counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PostedEntry:
    """One entry of a movement as it is stored."""

    warehouse: str
    sku: str
    lot: str | None
    account: Account
    quantity: int
    unit_cost: Money | None = None
    serials: tuple[str, ...] = ()

    @property
    def place(self) -> Place:
        return (self.warehouse, self.sku, self.lot, self.account)


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """One part of one movement as it is stored."""

    movement_id: str
    source: str
    entries: tuple[PostedEntry, ...]
    part: int = 1
    parts: int = 1
    posted_at: datetime | None = None
    command_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What a balance item holds, and the version that every change of it raises."""

    quantity: int = 0
    value_minor: dict[str, int] = field(default_factory=dict)
    version: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A large command that is being carried out in parts."""

    command_id: str
    begun_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """An item that no record can be made of."""

    key: str
    reason: str


Content = (
    Document
    | Posting
    | MoneyPosting
    | Event
    | Balance
    | Serial
    | NumberedNote
    | NumberSeries
    | Receipt
    | Plan
    | Unreadable
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One stored item: whose partition it lies in, and what it says.

    `is_locked`: a large command is changing this document at the moment.
    """

    subject: str
    content: Content
    is_locked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One difference that was confirmed by consistent reads."""

    kind: str
    subject: str
    expected: Json
    found: Json
    cause: str
    proposed_repair: str

    def as_json(self) -> dict[str, Json]:
        return {
            "kind": self.kind,
            "subject": self.subject,
            "expected": self.expected,
            "found": self.found,
            "cause": self.cause,
            "proposed_repair": self.proposed_repair,
        }


def place_name(place: Place) -> str:
    """`stock/<warehouse>/<sku>/<lot or ->/<account>`, as findings name a balance."""
    warehouse, sku, lot, account = place
    return f"stock/{warehouse}/{sku}/{lot or '-'}/{account.value}"

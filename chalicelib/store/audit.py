"""Everything that is stored as facts for the reconciliation, read leniently and page by page."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from chalicelib.campaigns.model import Campaign
from chalicelib.claims.model import Claim
from chalicelib.core.errors import TransientError
from chalicelib.core.events import Event
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
from chalicelib.reconciliation.model import Content, Fact, Held, Place, Plan, Posting, Unreadable
from chalicelib.returns.conversation import Conversation
from chalicelib.returns.delegating import Delegation
from chalicelib.returns.exceptions import ReturnException
from chalicelib.returns.model import Return
from chalicelib.returns.parcels import Parcel
from chalicelib.returns.receiving import Receipt
from chalicelib.returns.scrap_proposals import ScrapProposal
from chalicelib.store import keys, plans, stock_keys
from chalicelib.store.balances import balance_of
from chalicelib.store.codec import body_of, decode
from chalicelib.store.key import Key
from chalicelib.store.reads import finish_for_others
from chalicelib.store.table import Item, Table
from chalicelib.store.traces import serial_of
from chalicelib.suppliers.claims import VendorClaim
from chalicelib.suppliers.documents import RtvDocument
from chalicelib.suppliers.model import Supplier
from chalicelib.tasks.model import Task
from chalicelib.withdrawals.model import Withdrawal
from chalicelib.workorders.model import WorkOrder

_RECORDS: dict[str, type[Any]] = {
    "ORDER": Order,
    "RETURN": Return,
    "COUNT": StockCount,
    "STOCKTRANSFER": StockTransfer,
    "STOCKADJUSTMENT": StockAdjustment,
    "STOCKPLAN": StockPlan,
    "STOCKALERT": StockAlert,
    "LOTSTATEMENT": LotStatement,
    "SHELFLIFE": ShelfLives,
    "EXCEPTION": ReturnException,
    "EXCHANGE": Exchange,
    "CLAIM": Claim,
    "CAMPAIGN": Campaign,
    "TASK": Task,
    "CONVERSATION": Conversation,
    "LIABILITY": LiabilityClaim,
    "SUPPLIER": Supplier,
    "RTV": RtvDocument,
    "VENDORCLAIM": VendorClaim,
    "WITHDRAWAL": Withdrawal,
    "CUSTOMER": CustomerStanding,
    "CREDIT": CreditAccount,
    "NOTE": CreditNote,
    "NUMBERED": NumberedNote,
    "SERIES": NumberSeries,
    "REDLETTER": RedLetter,
    "SELLER": Seller,
    "ACCOUNTS": FinanceAccounts,
    "DELEGATION": Delegation,
    "DEVICE": Device,
    "ENROLMENT": Enrolment,
    "REASONS": Amendments,
    "POLICY": PolicyVersion,
    "POLICYSHELF": Shelf,
    "SCRAP": ScrapProposal,
    "WORKORDER": WorkOrder,
    "PARCEL": Parcel,
    "RECEIVING": Receiving,
    "ADVANCENOTICE": AdvanceNotice,
    "PARTNER": Partner,
    "CHECKLISTS": Checklists,
    "INSPECTION_RULES": InspectionRules,
    "EVENT": Event,
    "RECEIPT": Receipt,
    "MOVEMENT": Posting,
    "POSTING": MoneyPosting,
}
"""Any: each type is read as what it is; a movement without the checks that its own type makes."""
_SURVEYED = (
    "ORDER", "RETURN", "COUNT", "EXCEPTION", "EXCHANGE", "CLAIM", "CAMPAIGN", "TASK",
    "CONVERSATION", "LIABILITY", "WITHDRAWAL", "CUSTOMER", "CREDIT", "REASONS", "EVENT", "MOVEMENT",
    "BALANCE", "PARTS", "DELEGATION", "POLICY", "POLICYSHELF", "POSTING", "NOTE", "REDLETTER",
    "SELLER", "ACCOUNTS", "NUMBERED", "SERIES", "SUPPLIER", "RTV", "VENDORCLAIM",
    "SCRAP", "WORKORDER",
    "STOCKTRANSFER", "STOCKADJUSTMENT", "STOCKPLAN", "STOCKALERT", "LOTSTATEMENT", "SHELFLIFE",
    "SERIAL", "PARCEL", "RECEIVING", "ADVANCENOTICE", "PARTNER", "DEVICE", "ENROLMENT",
    "CHECKLISTS", "INSPECTION_RULES",
)  # fmt: skip
_PLAN_KEPT = timedelta(days=7)
"""How long after its beginning a plan is kept at most, as store.plans writes into it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """Facts of the core table."""

    core: Table

    def scan(self) -> Iterator[Fact]:
        """All that a survey needs. A scan is no snapshot: what is written meanwhile may show."""
        for item in self.core.scan(_SURVEYED):
            fact = _fact(item)
            if fact is not None:
                yield fact

    def postings(self) -> Iterator[Posting]:
        """All movements."""
        for item in self.core.scan(("MOVEMENT",)):
            content = _content(item)
            if isinstance(content, Posting):
                yield content

    def partition(self, subject: str) -> list[Fact]:
        """All that is stored about one subject, now."""
        facts = (_fact(item) for item in self.core.query(keys.partition(subject)))
        return [fact for fact in facts if fact is not None]

    def held(self, place: Place) -> Held:
        """One balance, now."""
        (item,) = self.core.get([keys.balance(*place)])
        if item is None:
            return Held()
        balance = balance_of(item)
        return Held(
            quantity=balance.quantity,
            value_minor=balance.value_minor,
            version=int(item["v"]["N"]),
        )

    def position(self, sku: str, serial: str) -> Serial | None:
        """Where one unit is, now."""
        (item,) = self.core.get([Key(*stock_keys.serial(sku, serial))])
        return None if item is None else serial_of(item)

    def finish(self, command_id: str) -> None:
        """Carry a large command to its end."""
        finish_for_others(self.core, command_id)


def _fact(item: Item) -> Fact | None:
    content = _content(item)
    if content is None:
        return None
    kind, _, own = item["pk"]["S"].partition("#")
    return Fact(subject=f"{kind.lower()}/{own}", content=content, is_locked="part_of" in item)


def _content(item: Item) -> Content | None:
    """What an item says; None for what is not compared, such as placeholders and past refusals."""
    type_name = item["type"]["S"]
    if type_name == "BALANCE":
        return balance_of(item)
    if type_name == "SERIAL":
        return serial_of(item)
    if type_name == "PARTS":
        return _plan(item)
    kind, body = _RECORDS.get(type_name), body_of(item)
    if kind is None or body is None:
        return None
    try:
        record: Content = decode(body, kind)
    except (TransientError, AssertionError) as exc:
        return Unreadable(key=f"{item['pk']['S']} {item['sk']['S']}", reason=str(exc))
    return record


def _plan(item: Item) -> Plan | None:
    if "plan" not in item:
        return None
    plan, _, _ = plans.unpack(item)
    begun_at = datetime.fromtimestamp(plan.keep_until, tz=UTC) - _PLAN_KEPT
    return Plan(command_id=item["command_id"]["S"], begun_at=begun_at)

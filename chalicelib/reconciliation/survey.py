"""One pass over everything: what looks wrong, to be looked at again. Nothing here is a finding yet.

Pure. Facts of one partition come one after the other; should a partition come in two pieces, it
only looks suspicious. Memory grows with balances, serial numbers, orders and returns, not with
movements or events.
"""

from collections import Counter
from dataclasses import dataclass, field

from chalicelib.campaigns.model import Campaign
from chalicelib.claims.model import Claim
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
from chalicelib.inventory.model import Balance
from chalicelib.inventory.planning import StockPlan
from chalicelib.inventory.serials import Serial
from chalicelib.inventory.shelf_life import ShelfLives
from chalicelib.inventory.transferring import StockTransfer
from chalicelib.invoicing.accounts import FinanceAccounts
from chalicelib.invoicing.model import CreditNote, NumberedNote
from chalicelib.invoicing.numbering import NumberSeries
from chalicelib.invoicing.red_letter import RedLetter
from chalicelib.invoicing.seller import Seller
from chalicelib.liability.model import LiabilityClaim
from chalicelib.notices.model import AdvanceNotice
from chalicelib.notices.partners import Partner
from chalicelib.orders.model import Order
from chalicelib.policy.versions import PolicyVersion, Shelf
from chalicelib.reasons.amendments import Amendments
from chalicelib.receivings.model import Receiving
from chalicelib.reconciliation.ledger import Ledger
from chalicelib.reconciliation.model import Fact, Plan, Posting
from chalicelib.reconciliation.money import Clearing
from chalicelib.reconciliation.notes import Notes
from chalicelib.reconciliation.orders import Holds
from chalicelib.reconciliation.partitions import (
    Goods,
    Partition,
    goods_difference,
    goods_of_exception,
    own_findings,
)
from chalicelib.reconciliation.serials import Positions
from chalicelib.returns.conversation import Conversation
from chalicelib.returns.delegating import Delegation
from chalicelib.returns.exceptions import ReturnException
from chalicelib.returns.model import Return
from chalicelib.returns.parcels import Parcel
from chalicelib.returns.scrap_proposals import ScrapProposal
from chalicelib.suppliers.claims import VendorClaim
from chalicelib.suppliers.documents import RtvDocument
from chalicelib.suppliers.model import Supplier
from chalicelib.tasks.model import Task
from chalicelib.withdrawals.model import Withdrawal
from chalicelib.workorders.model import WorkOrder

_COUNTED: dict[type, str] = {
    Order: "orders",
    Return: "returns",
    StockCount: "counts",
    ReturnException: "exceptions",
    Exchange: "exchanges",
    Claim: "claims",
    Campaign: "campaigns",
    Task: "tasks",
    Conversation: "conversations",
    LiabilityClaim: "liability_claims",
    Supplier: "suppliers",
    RtvDocument: "returns_to_vendor",
    VendorClaim: "vendor_claims",
    Withdrawal: "withdrawals",
    CustomerStanding: "customers",
    CreditAccount: "credits",
    CreditNote: "credit_notes",
    RedLetter: "red_letters",
    Seller: "sellers",
    FinanceAccounts: "finance_accounts",
    Amendments: "reasons",
    Delegation: "delegations",
    Device: "devices",
    Enrolment: "enrolments",
    PolicyVersion: "policies",
    Shelf: "policy_shelves",
    StockTransfer: "stock_transfers",
    StockAdjustment: "stock_adjustments",
    StockPlan: "stock_plans",
    StockAlert: "stock_alerts",
    LotStatement: "lots",
    ShelfLives: "shelf_lives",
    ScrapProposal: "scrap_proposals",
    WorkOrder: "work_orders",
    Parcel: "parcels",
    Receiving: "receivings",
    AdvanceNotice: "advance_notices",
    Partner: "partners",
    Checklists: "checklists",
    InspectionRules: "inspection_rules",
}
"""Under which name the documents of each kind are counted."""


@dataclass(slots=True)
class Survey:
    """Takes facts; afterwards says what is suspicious."""

    ledger: Ledger = field(default_factory=Ledger)
    positions: Positions = field(default_factory=Positions)
    holds: Holds = field(default_factory=Holds)
    clearing: Clearing = field(default_factory=Clearing)
    notes: Notes = field(default_factory=Notes)
    subjects: set[str] = field(default_factory=set)
    plans: list[Plan] = field(default_factory=list)
    checked: Counter[str] = field(default_factory=Counter)
    _goods: dict[str, Goods] = field(default_factory=dict)
    _open: Partition | None = None

    def take(self, fact: Fact) -> None:
        """One stored item."""
        match fact.content:
            case Plan():
                self.plans.append(fact.content)
                return
            case Balance():
                self.checked["balances"] += 1
                self.ledger.hold(fact.content)
                return
            case Serial():
                self.checked["serials"] += 1
                self.positions.take(fact.content)
                return
            case NumberedNote() | NumberSeries():
                self.notes.take(fact.content)
                return
            case StockTransfer():
                self.positions.travel(fact.content)
            case Posting():
                self.checked["movements"] += 1
                self.ledger.post(fact.content)
                self.positions.post(fact.content)
        if self._open is None or self._open.subject != fact.subject:
            self._close()
            self._open = Partition(fact.subject)
        self._open.add(fact)

    def finish(self) -> None:
        """No more facts will come."""
        self._close()
        for subject, goods in self._goods.items():
            if any(goods.values()):
                self.subjects.add(subject)
        self._goods.clear()

    def _close(self) -> None:
        """Look at a partition as a whole; only what is suspicious is kept of it."""
        part, self._open = self._open, None
        if part is None:
            return
        self.checked["events"] += len(part.events)
        if part.money:
            self.checked["postings"] += len(part.money)
            self.clearing.add(part.money)
        if part.is_locked or next(own_findings(part), None) is not None:
            self.subjects.add(part.subject)
        if part.document is not None:
            self.checked[_COUNTED[type(part.document)]] += 1
        match part.document:
            case Order():
                self.holds.order(part.document)
            case Return():
                self.holds.return_(part.document)
                self.notes.take(part.document)
                self._add_goods(part.subject, goods_difference(part))
            case ReturnException():
                if part.document.receipt_id is not None:
                    taken = Counter({p: -q for p, q in goods_of_exception(part.document).items()})
                    self._add_goods(f"return/{part.document.return_id}", taken)
            case Claim():
                self.holds.claim(part.document)
            case CreditNote():
                self.notes.take(part.document)

    def _add_goods(self, subject: str, goods: Goods) -> None:
        """What a return's ledger and documents differ by so far; what agrees is forgotten."""
        sums = self._goods.setdefault(subject, Counter())
        for place, quantity in goods.items():
            sums[place] += quantity
            if not sums[place]:
                del sums[place]
        if not sums:
            del self._goods[subject]

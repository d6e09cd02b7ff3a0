"""What the use cases and the tests read of a store, and how the store in memory answers it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol, TypeVar

from chalicelib.campaigns.model import Campaign
from chalicelib.claims.model import Claim, ClaimOfOrder
from chalicelib.claims.opening import FIRST_REVIEW
from chalicelib.core.events import Event
from chalicelib.credits.model import CreditAccount, CreditEntry
from chalicelib.credits.ports import CreditReader
from chalicelib.customers.counting import (
    CountedOrder,
    CountedReturn,
    Past,
    counts_of,
    history_of,
    units_sold,
)
from chalicelib.customers.lists import StandingReader
from chalicelib.customers.model import CustomerStanding
from chalicelib.devices.ports import DeviceReader
from chalicelib.epcis.capturing import CaptureReader
from chalicelib.exchanges.model import Exchange
from chalicelib.inventory.counting import StockCount
from chalicelib.inventory.model import Balance, Movement
from chalicelib.inventory.ports import StockReader
from chalicelib.invoicing.accounts import FinanceAccounts
from chalicelib.invoicing.ports import RedLetterReader
from chalicelib.jobs.model import Job
from chalicelib.ledger.model import Posting
from chalicelib.liability.claiming import LiabilityReader
from chalicelib.liability.model import LiabilityClaim
from chalicelib.liability.opening import OpeningReader
from chalicelib.notices.confirming import ConfirmingReader
from chalicelib.orders.model import Contact, Order
from chalicelib.orders.payment_lookup import PaymentOf, Reference
from chalicelib.orders.registration import OrderReader
from chalicelib.policy.evaluation import Applicable, CompiledPolicy
from chalicelib.policy.history import CustomerHistory
from chalicelib.policy.shelves import applicable
from chalicelib.policy.versions import PolicyReader, PolicyVersion, Shelf, first_shelf
from chalicelib.reasons.amendments import Amendments, amended
from chalicelib.reasons.catalogue import Catalogue
from chalicelib.reasons.ports import AmendmentReader, ReasonReader
from chalicelib.receivings.opening import ReceivingReader
from chalicelib.receivings.scanned import ScannedReader
from chalicelib.returns.appealing import AppealReader
from chalicelib.returns.blind import blind_exception_id
from chalicelib.returns.conversation import Conversation, ConversationReader, Message, MessageReader
from chalicelib.returns.delegating import Delegation, DelegationOf, DelegationReader
from chalicelib.returns.exceptions import ReturnException
from chalicelib.returns.handovers import HandoverReader
from chalicelib.returns.model import Return
from chalicelib.returns.numbers import NumberClaim
from chalicelib.returns.ports import ReturnReader
from chalicelib.returns.resolving import ExceptionReader
from chalicelib.returns.sale_found import SaleReader
from chalicelib.returns.scanning import ScanOutcome
from chalicelib.settlement.news import PaymentNews
from chalicelib.shipping.tracking import CarrierEvent, Tracking
from chalicelib.store import keys, money_keys
from chalicelib.store.key import Key
from chalicelib.suppliers.ports import VendorReader
from chalicelib.tasks.model import Task, TaskKind, task_id_for
from chalicelib.uploads.likeness import Place
from chalicelib.uploads.model import Photo, PhotoBand, PhotoPrint
from chalicelib.uploads.service import PrintReader
from chalicelib.withdrawals.model import Declarant, Withdrawal, contact_id_for
from chalicelib.withdrawals.ports import MatchingReader
from tests.inspection_fakes import InspectionReader
from tests.note_fakes import FakeNoteReads
from tests.warehouse_fakes import FakeWarehouseReads
from tests.work_fakes import WorkingReader

if TYPE_CHECKING:
    from tests.fakes import FakeStore

T = TypeVar("T")


class Reader(
    CreditReader,
    InspectionReader,
    DelegationReader,
    DeviceReader,
    SaleReader,
    ReceivingReader,
    OpeningReader,
    ConfirmingReader,
    HandoverReader,
    WorkingReader,
    ExceptionReader,
    AppealReader,
    ReturnReader,
    ScannedReader,
    OrderReader,
    MatchingReader,
    ConversationReader,
    MessageReader,
    LiabilityReader,
    PolicyReader,
    ReasonReader,
    AmendmentReader,
    StandingReader,
    PrintReader,
    RedLetterReader,
    VendorReader,
    CaptureReader,
    StockReader,
    Protocol,
):
    """What the use cases and the tests read; both stores offer it."""

    def order(self, order_no: str) -> Order | None: ...

    def customer_history(
        self, customer_id: str, at: datetime, without: str | None = None
    ) -> CustomerHistory: ...

    def credit_accounts(self, customer_id: str) -> list[CreditAccount]: ...

    def balances(self, warehouse: str, skus: Sequence[str]) -> list[Balance]: ...

    def job(self, job_id: str) -> Job | None: ...

    def campaign(self, campaign_id: str) -> Campaign | None: ...

    def stock_count(self, count_id: str) -> StockCount | None: ...

    def exception(self, exception_id: str) -> ReturnException | None: ...

    def task(self, task_id: str) -> Task | None: ...

    def tracking(self, carrier: str, tracking_no: str) -> Tracking | None: ...

    def carrier_event(self, carrier: str, event_id: str) -> CarrierEvent | None: ...

    def payment_news(self, provider: str, news_id: str) -> PaymentNews | None: ...

    def contact(self, contact_id: str) -> Contact | None: ...

    def exchange(self, exchange_id: str) -> Exchange | None: ...

    def exchange_and_return(self, exchange_id: str) -> tuple[Exchange | None, Return | None]: ...

    def claim_of(self, claim_id: str) -> tuple[Claim | None, Order | None, Task | None]: ...

    def claims_of(self, order_no: str) -> list[Claim]: ...

    def events(self, subject: str) -> list[Event]: ...

    def movements_of(self, subject: str) -> list[Movement]: ...

    def postings(self, subject: str) -> list[Posting]: ...

    def finance_accounts(self) -> FinanceAccounts: ...


@dataclass(frozen=True, slots=True)
class FakeReads(FakeNoteReads, FakeWarehouseReads):
    """Reads of a FakeStore as it is now."""

    store: "FakeStore"

    def order(self, order_no: str) -> Order | None:
        return self._one(keys.order(order_no), Order)

    def order_and_contact(
        self, order_no: str, contact_id: str
    ) -> tuple[Order | None, Contact | None]:
        return self.order(order_no), self._one(keys.contact(contact_id), Contact)

    def policy_version(self, version_id: str) -> PolicyVersion | None:
        return self._one(keys.policy(version_id), PolicyVersion)

    def policy_shelf(self, policy: str) -> Shelf:
        return self._one(keys.policy_shelf(policy), Shelf) or first_shelf(policy)

    def known_shelf(self, policy: str) -> Shelf:
        return self.policy_shelf(policy)

    def policy(self, version_id: str) -> CompiledPolicy | None:
        return self.store.policies.published(version_id, self.policy_version)

    def policies_for(self, version_id: str, at: datetime) -> Applicable:
        return applicable(version_id, at, self.policy, self.policy_shelf)

    def reason_catalogue(self) -> Catalogue:
        return amended(self.reason_amendments())

    def reason_amendments(self) -> Amendments:
        return self._one(keys.reasons(), Amendments) or Amendments()

    def return_(self, return_id: str) -> Return | None:
        return self._one(keys.return_(return_id), Return)

    def return_and_order(self, return_id: str) -> tuple[Return | None, Order | None]:
        ret = self.return_(return_id)
        return ret, self.order(ret.order_no) if ret and ret.order_no else None

    def review_of(self, return_id: str) -> tuple[Return | None, Order | None, Task | None]:
        ret, order = self.return_and_order(return_id)
        occasion = str(max(1, ret.submissions)) if ret else "1"
        task = self.task(task_id_for(TaskKind.REVIEW, f"return/{return_id}", occasion))
        return ret, order, task

    def appeal_of(
        self, return_id: str, appeal_id: str
    ) -> tuple[Return | None, Order | None, Task | None]:
        ret, order = self.return_and_order(return_id)
        task = self.task(task_id_for(TaskKind.APPEAL, f"return/{return_id}", appeal_id))
        return ret, order, task

    def exception_and_task(self, exception_id: str) -> tuple[ReturnException | None, Task | None]:
        opened = task_id_for(TaskKind.EXCEPTION, f"exception/{exception_id}", "opened")
        return self.exception(exception_id), self.task(opened)

    def liability_claim(self, claim_id: str) -> LiabilityClaim | None:
        return self._one(keys.liability_claim(claim_id), LiabilityClaim)

    def return_by_number(self, number: str) -> Return | None:
        claim = self._one(keys.number(number), NumberClaim)
        return None if claim is None else self.return_(claim.return_id)

    def returns_of(self, return_ids: Sequence[str]) -> list[Return]:
        found = (self.return_(one) for one in return_ids)
        return [ret for ret in found if ret is not None]

    def withdrawal(self, withdrawal_id: str) -> tuple[Withdrawal | None, Declarant | None]:
        personal = keys.declarant(contact_id_for(withdrawal_id))
        return (
            self._one(keys.withdrawal(withdrawal_id), Withdrawal),
            self._one(personal, Declarant),
        )

    def scan_outcome(self, scan_id: str) -> ScanOutcome | None:
        return self._one(keys.scan(scan_id), ScanOutcome)

    def tracking(self, carrier: str, tracking_no: str) -> Tracking | None:
        return self._one(keys.tracking(carrier, tracking_no), Tracking)

    def carrier_event(self, carrier: str, event_id: str) -> CarrierEvent | None:
        return self._one(keys.carrier_event(carrier, event_id), CarrierEvent)

    def payments_of(self, references: Sequence[Reference]) -> list[PaymentOf]:
        found = (self._one(money_keys.payment(*reference), PaymentOf) for reference in references)
        return [one for one in found if one is not None]

    def payment_news(self, provider: str, news_id: str) -> PaymentNews | None:
        return self._one(money_keys.payment_news(provider, news_id), PaymentNews)

    def contact(self, contact_id: str) -> Contact | None:
        return self._one(keys.contact(contact_id), Contact)

    def blind_exceptions(self, ret: Return) -> dict[str, ReturnException]:
        command_id = self.events(ret.subject)[0].command_id
        ids = {one.line_no: blind_exception_id(command_id, one.line_no) for one in ret.lines}
        found = {line_no: self.exception(own) for line_no, own in ids.items()}
        return {line_no: one for line_no, one in found.items() if one is not None}

    def exception(self, exception_id: str) -> ReturnException | None:
        return self._one(keys.exception(exception_id), ReturnException)

    def task(self, task_id: str) -> Task | None:
        return self._one(keys.task(task_id), Task)

    def exchange(self, exchange_id: str) -> Exchange | None:
        return self._one(keys.exchange(exchange_id), Exchange)

    def exchange_and_return(self, exchange_id: str) -> tuple[Exchange | None, Return | None]:
        exchange = self.exchange(exchange_id)
        return exchange, self.return_(exchange.return_id) if exchange else None

    def claim_of(self, claim_id: str) -> tuple[Claim | None, Order | None, Task | None]:
        claim = self._one(keys.claim(claim_id), Claim)
        task = self.task(task_id_for(TaskKind.REVIEW, f"claim/{claim_id}", FIRST_REVIEW))
        return claim, self.order(claim.order_no) if claim else None, task

    def claims_of(self, order_no: str) -> list[Claim]:
        links = [link for link in self._all(ClaimOfOrder) if link.order_no == order_no]
        found = (self.claim_of(link.claim_id)[0] for link in links)
        claims = [claim for claim in found if claim is not None]
        return sorted(claims, key=lambda claim: (claim.opened_at, claim.claim_id))

    def delegation(self, delegation_id: str) -> Delegation | None:
        return self._one(keys.delegation(delegation_id), Delegation)

    def delegations_of(self, person: str, *, ending_after: datetime) -> list[Delegation]:
        links = [
            one
            for one in self._all(DelegationOf)
            if one.person == person and one.ends_at > ending_after
        ]
        links.sort(key=lambda one: (one.ends_at, one.delegation_id))
        found = (self.delegation(one.delegation_id) for one in links)
        return [one for one in found if one is not None]

    def conversation(self, return_id: str) -> Conversation:
        head = self._one(keys.conversation(return_id), Conversation)
        return head or Conversation(return_id=return_id)

    def message_and_return(
        self, return_id: str, message_id: str
    ) -> tuple[Message | None, Return | None, Conversation]:
        message = self._one(keys.message(return_id, message_id), Message)
        return message, self.return_(return_id), self.conversation(return_id)

    def messages(self, return_id: str, message_ids: Sequence[str]) -> list[Message]:
        found = (self._one(keys.message(return_id, one), Message) for one in message_ids)
        return [message for message in found if message is not None]

    def customer_standing(self, customer_id: str) -> CustomerStanding:
        stored = self._one(keys.customer(customer_id), CustomerStanding)
        return stored or CustomerStanding(customer_id=customer_id)

    def customer_history(
        self, customer_id: str, at: datetime, without: str | None = None
    ) -> CustomerHistory:
        past = Past(
            returns=[
                CountedReturn(requested_at=ret.requested_at, counts=counts_of(ret))
                for ret in self._all(Return)
                if ret.customer_id == customer_id and ret.return_id != without
            ],
            orders=[
                CountedOrder(placed_at=order.placed_at, units=units_sold(order))
                for order in self._all(Order)
                if order.customer_id == customer_id
            ],
            exceptions=[
                one for one in self._all(ReturnException) if one.customer_id == customer_id
            ],
            lists=self.customer_standing(customer_id).lists_at(at),
        )
        return history_of(past, at)

    def credit(
        self, account_id: str, entry_id: str
    ) -> tuple[CreditAccount | None, CreditEntry | None]:
        return self._one(money_keys.credit(account_id), CreditAccount), self.credit_entry(entry_id)

    def credit_entry(self, entry_id: str) -> CreditEntry | None:
        return self._one(money_keys.credit_entry(entry_id), CreditEntry)

    def credit_accounts(self, customer_id: str) -> list[CreditAccount]:
        own = [one for one in self._all(CreditAccount) if one.customer_id == customer_id]
        return sorted(own, key=lambda one: one.currency)

    def photo_print(self, fingerprint: str) -> PhotoPrint | None:
        return self._one(keys.photo_print(fingerprint), PhotoPrint)

    def photo_bands(self, places: Sequence[Place]) -> list[PhotoBand]:
        found = (self._one(keys.photo_band(*place), PhotoBand) for place in places)
        return [band for band in found if band is not None]

    def photo(self, return_id: str, photo_id: str) -> Photo | None:
        return self._one(keys.photo(return_id, photo_id), Photo)

    def job(self, job_id: str) -> Job | None:
        return self._one(keys.job(job_id), Job)

    def campaign(self, campaign_id: str) -> Campaign | None:
        return self._one(keys.campaign(campaign_id), Campaign)

    def stock_count(self, count_id: str) -> StockCount | None:
        return self._one(keys.stock_count(count_id), StockCount)

    def events(self, subject: str, *, after: int = 0, limit: int | None = None) -> list[Event]:
        events = [e for e in self._all(Event) if e.subject == subject and e.seq > after]
        return sorted(events, key=lambda e: e.seq)[:limit]

    def movements_of(self, subject: str) -> list[Movement]:
        movements = self._all(Movement)
        return sorted(
            (m for m in movements if m.source == subject), key=lambda m: (m.movement_id, m.part)
        )

    def finance_accounts(self) -> FinanceAccounts:
        return self._one(money_keys.finance_accounts(), FinanceAccounts) or FinanceAccounts()

    def postings(self, subject: str) -> list[Posting]:
        found = [posting for posting in self._all(Posting) if posting.subject == subject]
        return sorted(found, key=lambda posting: (posting.posted_at, posting.posting_id))

    def balances(self, warehouse: str, skus: Sequence[str]) -> list[Balance]:
        return [b for b in self.store.stock.values() if b.warehouse == warehouse and b.sku in skus]

    def _one(self, key: Key, kind: type[T]) -> T | None:
        found = self.store.records.get(key)
        assert found is None or isinstance(found, kind), "a key belongs to one kind of record"
        return found

    def _all(self, kind: type[T]) -> list[T]:
        return [record for record in self.store.records.values() if isinstance(record, kind)]

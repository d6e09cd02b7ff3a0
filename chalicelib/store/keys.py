"""Where each kind of record lives in the core table. docs/data-model.md shows the same patterns."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zlib import crc32

from chalicelib.campaigns.model import Campaign
from chalicelib.claims.model import Claim, ClaimOfOrder
from chalicelib.core.clock import rfc3339
from chalicelib.core.events import Event
from chalicelib.credits.model import CreditAccount, CreditEntry, CreditOf
from chalicelib.customers.model import CustomerStanding
from chalicelib.exchanges.model import Exchange
from chalicelib.inventory.counting import StockCount
from chalicelib.inventory.model import Account, Movement
from chalicelib.invoicing.accounts import FinanceAccounts
from chalicelib.invoicing.model import CreditNote, NoteOfOrder, NumberedNote
from chalicelib.invoicing.numbering import NumberSeries
from chalicelib.invoicing.red_letter import RedLetter
from chalicelib.invoicing.seller import Seller
from chalicelib.jobs.model import Job
from chalicelib.ledger.model import Posting
from chalicelib.liability.model import LiabilityClaim
from chalicelib.orders.model import Contact, Order
from chalicelib.orders.payment_lookup import PaymentOf
from chalicelib.policy.versions import PolicyVersion, Shelf
from chalicelib.reasons.amendments import Amendments
from chalicelib.returns.conversation import Conversation, Message
from chalicelib.returns.delegating import Delegation, DelegationOf
from chalicelib.returns.disposing import DispositionRecord
from chalicelib.returns.exceptions import ReturnException
from chalicelib.returns.inspecting import Inspection
from chalicelib.returns.model import Return
from chalicelib.returns.numbers import NumberClaim
from chalicelib.returns.parcels import Parcel
from chalicelib.returns.receiving import Receipt
from chalicelib.returns.scanning import ScanOutcome
from chalicelib.settlement.news import PaymentNews
from chalicelib.shipping.tracking import CarrierEvent, Tracking
from chalicelib.tasks.model import Task
from chalicelib.uploads.model import Photo, PhotoPrint
from chalicelib.withdrawals.model import Declarant, Withdrawal

HOUR_SHARDS = 4


@dataclass(frozen=True, slots=True)
class Key:
    """The primary key of one item."""

    pk: str
    sk: str


def partition(subject: str) -> str:
    """`return/ret_x` → `RETURN#ret_x`: the partition of an aggregate and all its documents."""
    kind, _, own = subject.partition("/")
    return f"{kind.upper()}#{own}"


def order(order_no: str) -> Key:
    return Key(f"ORDER#{order_no}", "ORDER")


def return_(return_id: str) -> Key:
    return Key(f"RETURN#{return_id}", "RETURN")


def contact(contact_id: str) -> Key:
    return Key(f"CONTACT#{contact_id}", "CONTACT")


def declarant(contact_id: str) -> Key:
    """Beside contacts: whoever erases personal data finds all of it under one kind of key."""
    return Key(f"CONTACT#{contact_id}", "DECLARANT")


def withdrawal(withdrawal_id: str) -> Key:
    return Key(f"WITHDRAWAL#{withdrawal_id}", "WITHDRAWAL")


def task(task_id: str) -> Key:
    return Key(f"TASK#{task_id}", "TASK")


def exception(exception_id: str) -> Key:
    return Key(f"EXCEPTION#{exception_id}", "EXCEPTION")


def liability_claim(claim_id: str) -> Key:
    return Key(f"LIABILITY#{claim_id}", "LIABILITY")


def customer(customer_id: str) -> Key:
    return Key(f"CUSTOMER#{customer_id}", "CUSTOMER")


def credit(account_id: str) -> Key:
    return Key(f"CREDIT#{account_id}", "CREDIT")


def credit_entry(entry_id: str) -> Key:
    return Key(f"CREDITENTRY#{entry_id}", "CREDITENTRY")


def credits_of(customer_id: str) -> str:
    """The partition of what leads to the credit accounts of a customer, one a currency."""
    return f"CREDITS#{customer_id}"


def credit_note(note_id: str) -> Key:
    return Key(f"NOTE#{note_id}", "NOTE")


def notes_of(order_no: str, return_id: str | None = None) -> tuple[str, str]:
    """The partition of an order, and how what leads to its notes begins there."""
    return f"ORDER#{order_no}", f"CREDITNOTE#{return_id}#" if return_id else "CREDITNOTE#"


def number_series(series: str, year: int) -> Key:
    return Key(f"SERIES#{series}#{year}", "SERIES")


def numbered_note(series: str, year: int, ordinal: int) -> Key:
    """Beside its counter, in order of the numbers."""
    return Key(f"SERIES#{series}#{year}", f"NUMBER#{ordinal:010d}")


def finance_accounts() -> Key:
    """There is one set of books."""
    return Key("ACCOUNTS#finance", "ACCOUNTS")


def seller() -> Key:
    """There is one merchant."""
    return Key("SELLER#seller", "SELLER")


def red_letter(red_id: str) -> Key:
    return Key(f"REDLETTER#{red_id}", "REDLETTER")


def policy(version_id: str) -> Key:
    return Key(f"POLICY#{version_id}", "POLICY")


def policy_shelf(policy_: str) -> Key:
    return Key(f"POLICYSHELF#{policy_}", "POLICYSHELF")


def delegation(delegation_id: str) -> Key:
    return Key(f"DELEGATION#{delegation_id}", "DELEGATION")


def delegations_of(person: str) -> str:
    """The partition of what leads to the delegations that a person gave or received."""
    return f"DELEGATIONS#{person}"


def reasons() -> Key:
    """There is one catalogue."""
    return Key("REASONS#catalogue", "REASONS")


def job(job_id: str) -> Key:
    return Key(f"JOB#{job_id}", "JOB")


def campaign(campaign_id: str) -> Key:
    return Key(f"CAMPAIGN#{campaign_id}", "CAMPAIGN")


def number(number_: str) -> Key:
    return Key(f"NUMBER#{number_}", "NUMBER")


def scan(scan_id: str) -> Key:
    return Key(f"SCAN#{scan_id}", "SCAN")


def photo(return_id: str, photo_id: str) -> Key:
    return Key(f"RETURN#{return_id}", f"PHOTO#{photo_id}")


def photo_print(fingerprint: str) -> Key:
    return Key(f"PHOTOPRINT#{fingerprint}", "PHOTOPRINT")


def message(return_id: str, message_id: str) -> Key:
    return Key(f"RETURN#{return_id}", f"MESSAGE#{message_id}")


def conversation(return_id: str) -> Key:
    return Key(f"CONVERSATION#{return_id}", "CONVERSATION")


def stock_count(count_id: str) -> Key:
    return Key(f"COUNT#{count_id}", "COUNT")


def tracking(carrier: str, tracking_no: str) -> Key:
    return Key(f"TRACKING#{carrier}#{tracking_no}", "TRACKING")


def carrier_event(carrier: str, event_id: str) -> Key:
    return Key(f"CARRIEREVENT#{carrier}#{event_id}", "CARRIEREVENT")


def payment(provider: str, provider_ref: str) -> Key:
    return Key(f"PAYMENT#{provider}#{provider_ref}", "PAYMENT")


def payment_news(provider: str, news_id: str) -> Key:
    return Key(f"PAYMENTNEWS#{provider}#{news_id}", "PAYMENTNEWS")


def parcel(parcel_no: str) -> Key:
    return Key(f"PARCEL#{parcel_no}", "PARCEL")


def exchange(exchange_id: str) -> Key:
    return Key(f"EXCHANGE#{exchange_id}", "EXCHANGE")


def claim(claim_id: str) -> Key:
    return Key(f"CLAIM#{claim_id}", "CLAIM")


def event(event_: Event) -> Key:
    return Key(partition(event_.subject), f"EVENT#{event_.seq:08d}")


def movement(movement_: Movement) -> Key:
    """Beside the document that caused it; parts of a large one sort by their number."""
    return Key(
        partition(movement_.source), f"MOVEMENT#{movement_.movement_id}#{movement_.part:04d}"
    )


def posting(posting_: Posting) -> Key:
    """Beside the event that it is of."""
    return Key(partition(posting_.subject), f"POSTING#{posting_.posting_id}")


def balance(warehouse: str, sku: str, lot: str | None, account: Account) -> Key:
    return Key(stock_partition(warehouse, sku), f"BALANCE#{account.value}#{lot or ''}")


def stock_partition(warehouse: str, sku: str) -> str:
    return f"STOCK#{warehouse}#{sku}"


def idempotency(digest: str) -> Key:
    return Key(f"IDEMPOTENCY#{digest}", "IDEMPOTENCY")


def parts(command_id: str) -> Key:
    return Key(f"PARTS#{command_id}", "PARTS")


def hour_shard(moment: datetime, subject: str) -> str:
    """`2026-11-21T09#2`: the hour a fact was stored in, and one of HOUR_SHARDS shards."""
    return f"{moment:%Y-%m-%dT%H}#{crc32(subject.encode()) % HOUR_SHARDS}"


_KEY_OF: dict[type, tuple[str, Any]] = {
    Order: ("ORDER", lambda r: order(r.order_no)),
    Return: ("RETURN", lambda r: return_(r.return_id)),
    CustomerStanding: ("CUSTOMER", lambda r: customer(r.customer_id)),
    CreditAccount: ("CREDIT", lambda r: credit(r.account_id)),
    CreditEntry: ("CREDITENTRY", lambda r: credit_entry(r.entry_id)),
    CreditOf: ("CREDIT_LINK", lambda r: Key(credits_of(r.customer_id), r.currency)),
    Contact: ("CONTACT", lambda r: contact(r.contact_id)),
    Declarant: ("DECLARANT", lambda r: declarant(r.contact_id)),
    Withdrawal: ("WITHDRAWAL", lambda r: withdrawal(r.withdrawal_id)),
    Task: ("TASK", lambda r: task(r.task_id)),
    ReturnException: ("EXCEPTION", lambda r: exception(r.exception_id)),
    LiabilityClaim: ("LIABILITY", lambda r: liability_claim(r.claim_id)),
    PolicyVersion: ("POLICY", lambda r: policy(r.version_id)),
    Shelf: ("POLICYSHELF", lambda r: policy_shelf(r.policy)),
    Delegation: ("DELEGATION", lambda r: delegation(r.delegation_id)),
    DelegationOf: (
        "DELEGATION_LINK",
        lambda r: Key(delegations_of(r.person), f"{rfc3339(r.ends_at)}#{r.delegation_id}"),
    ),
    Amendments: ("REASONS", lambda _: reasons()),
    Job: ("JOB", lambda r: job(r.job_id)),
    Campaign: ("CAMPAIGN", lambda r: campaign(r.campaign_id)),
    NumberClaim: ("NUMBER", lambda r: number(r.number)),
    ScanOutcome: ("SCAN", lambda r: scan(r.scan_id)),
    Photo: ("PHOTO", lambda r: photo(r.return_id, r.photo_id)),
    PhotoPrint: ("PHOTOPRINT", lambda r: photo_print(r.fingerprint)),
    StockCount: ("COUNT", lambda r: stock_count(r.count_id)),
    Message: ("MESSAGE", lambda r: message(r.return_id, r.message_id)),
    Conversation: ("CONVERSATION", lambda r: conversation(r.return_id)),
    Receipt: ("RECEIPT", lambda r: Key(f"RETURN#{r.return_id}", f"RECEIPT#{r.receipt_id}")),
    Inspection: (
        "INSPECTION",
        lambda r: Key(f"RETURN#{r.return_id}", f"INSPECTION#{r.inspection_id}"),
    ),
    DispositionRecord: (
        "DISPOSITION",
        lambda r: Key(f"RETURN#{r.return_id}", f"DISPOSITION#{r.disposition_id}"),
    ),
    Tracking: ("TRACKING", lambda r: tracking(r.carrier, r.tracking_no)),
    CarrierEvent: ("CARRIEREVENT", lambda r: carrier_event(r.carrier, r.event_id)),
    PaymentOf: ("PAYMENT", lambda r: payment(r.provider, r.provider_ref)),
    PaymentNews: ("PAYMENTNEWS", lambda r: payment_news(r.provider, r.news_id)),
    Parcel: ("PARCEL", lambda r: parcel(r.parcel_no)),
    Exchange: ("EXCHANGE", lambda r: exchange(r.exchange_id)),
    Claim: ("CLAIM", lambda r: claim(r.claim_id)),
    ClaimOfOrder: ("CLAIM_LINK", lambda r: Key(f"ORDER#{r.order_no}", f"CLAIM#{r.claim_id}")),
    CreditNote: ("NOTE", lambda r: credit_note(r.note_id)),
    NoteOfOrder: (
        "NOTE_LINK",
        lambda r: Key(f"ORDER#{r.order_no}", f"CREDITNOTE#{r.return_id}#{r.note_id}"),
    ),
    NumberSeries: ("SERIES", lambda r: number_series(r.series, r.year)),
    NumberedNote: ("NUMBERED", lambda r: numbered_note(r.series, r.year, r.ordinal)),
    FinanceAccounts: ("ACCOUNTS", lambda _: finance_accounts()),
    Seller: ("SELLER", lambda _: seller()),
    RedLetter: ("REDLETTER", lambda r: red_letter(r.red_id)),
    Movement: ("MOVEMENT", movement),
    Posting: ("POSTING", posting),
    Event: ("EVENT", event),
}
"""Record type → the `type` attribute of its item and its key. Lambdas: mypy knows no mapping
from a class to a function of its instances, so the values are Any."""

RECORD_TYPES: dict[str, type] = {name: kind for kind, (name, _) in _KEY_OF.items()}


def key_of(record: object) -> Key:
    """The key of a record."""
    key = _KEY_OF[type(record)][1](record)
    assert isinstance(key, Key), "every record has a key"
    return key


def type_name(record: object) -> str:
    """The `type` attribute of a record's item."""
    return _KEY_OF[type(record)][0]

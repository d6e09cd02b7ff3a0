"""Where each kind of record lives in the core table. docs/data-model.md shows the same patterns."""

from datetime import date, datetime
from typing import Any
from zlib import crc32

from chalicelib.campaigns.model import Campaign
from chalicelib.claims.model import Claim, ClaimOfOrder
from chalicelib.core.clock import rfc3339
from chalicelib.core.events import Event
from chalicelib.customers.model import CustomerStanding
from chalicelib.devices.model import Device, Enrolment
from chalicelib.exchanges.model import Exchange
from chalicelib.inspection.checklist import Checklist
from chalicelib.inspection.choosing import Checklists
from chalicelib.inspection.rules import InspectionRules, PastRules
from chalicelib.inspection.sampling import Inspector
from chalicelib.inspection.second_records import SecondInspection
from chalicelib.inventory.counting import StockCount
from chalicelib.inventory.model import Account, Movement
from chalicelib.jobs.model import Job
from chalicelib.ledger.model import Posting
from chalicelib.liability.model import LiabilityClaim, LiabilityOf
from chalicelib.notices.model import AdvanceNotice, Confirmation
from chalicelib.notices.partners import Partner
from chalicelib.orders.model import Contact, Order
from chalicelib.policy.versions import PolicyVersion, Shelf
from chalicelib.reasons.amendments import Amendments
from chalicelib.receivings.model import Receiving, ReceivingOf
from chalicelib.returns.conversation import Conversation, Message
from chalicelib.returns.delegating import Delegation, DelegationOf
from chalicelib.returns.disposition_records import DispositionRecord
from chalicelib.returns.exceptions import ReturnException
from chalicelib.returns.handovers import HandoverReceipt
from chalicelib.returns.inspecting import Inspection
from chalicelib.returns.model import Return
from chalicelib.returns.numbers import NumberClaim
from chalicelib.returns.parcels import Parcel
from chalicelib.returns.receiving import Receipt
from chalicelib.returns.scanning import ScanOutcome
from chalicelib.returns.scrap_proposals import ScrapProposal
from chalicelib.returns.scrapping import WriteOffDay
from chalicelib.shipping.tracking import CarrierEvent, Tracking
from chalicelib.store import epcis_keys, money_keys, stock_keys, supplier_keys
from chalicelib.store.key import Key
from chalicelib.tasks.model import Task
from chalicelib.uploads.model import Photo, PhotoBand, PhotoPrint
from chalicelib.withdrawals.model import Declarant, Withdrawal
from chalicelib.workorders.model import WorkOrder

HOUR_SHARDS = 4


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


def device(device_id: str) -> Key:
    return Key(f"DEVICE#{device_id}", "DEVICE")


def enrolment(digest: str) -> Key:
    return Key(f"ENROLMENT#{digest}", "ENROLMENT")


def checklists() -> Key:
    """There is one set of lists."""
    return Key("CHECKLISTS#all", "CHECKLISTS")


def checklist(category: str, number: int) -> Key:
    return Key(f"CHECKLIST#{category}", f"VERSION#{number:06d}")


def inspection_rules() -> Key:
    return Key("INSPECTIONRULES#all", "RULES")


def past_rules(number: int) -> Key:
    return Key("INSPECTIONRULES#all", f"VERSION#{number:06d}")


def inspector(person: str) -> Key:
    return Key(f"INSPECTOR#{person}", "INSPECTOR")


def inspection(return_id: str, inspection_id: str) -> Key:
    return Key(f"RETURN#{return_id}", f"INSPECTION#{inspection_id}")


def second_inspection(return_id: str, inspection_id: str) -> Key:
    return Key(f"RETURN#{return_id}", f"SECOND#{inspection_id}")


def photo(return_id: str, photo_id: str) -> Key:
    return Key(f"RETURN#{return_id}", f"PHOTO#{photo_id}")


def photo_print(fingerprint: str) -> Key:
    return Key(f"PHOTOPRINT#{fingerprint}", "PHOTOPRINT")


def photo_band(band: int, value: str) -> Key:
    return Key(f"PHOTOBAND#{band}#{value}", "PHOTOBAND")


def message(return_id: str, message_id: str) -> Key:
    return Key(f"RETURN#{return_id}", f"MESSAGE#{message_id}")


def conversation(return_id: str) -> Key:
    return Key(f"CONVERSATION#{return_id}", "CONVERSATION")


def disposition(return_id: str, disposition_id: str) -> Key:
    return Key(f"RETURN#{return_id}", f"DISPOSITION#{disposition_id}")


def write_off_day(person: str, day: date) -> Key:
    """What one person wrote off alone on one day."""
    return Key(f"WRITEOFFS#{person}", f"DAY#{day.isoformat()}")


def scrap_proposal(proposal_id: str) -> Key:
    return Key(f"SCRAP#{proposal_id}", "SCRAP")


def work_order(work_order_id: str) -> Key:
    return Key(f"WORKORDER#{work_order_id}", "WORKORDER")


def stock_count(count_id: str) -> Key:
    return Key(f"COUNT#{count_id}", "COUNT")


def tracking(carrier: str, tracking_no: str) -> Key:
    return Key(f"TRACKING#{carrier}#{tracking_no}", "TRACKING")


def carrier_event(carrier: str, event_id: str) -> Key:
    return Key(f"CARRIEREVENT#{carrier}#{event_id}", "CARRIEREVENT")


def parcel(parcel_no: str) -> Key:
    return Key(f"PARCEL#{parcel_no}", "PARCEL")


def notice(notice_id: str) -> Key:
    return Key(f"NOTICE#{notice_id}", "NOTICE")


def confirmation(notice_id: str, confirmation_id: str) -> Key:
    return Key(f"NOTICE#{notice_id}", f"CONFIRMATION#{confirmation_id}")


def partner(warehouse: str) -> Key:
    return Key(f"PARTNER#{warehouse}", "PARTNER")


def receiving(receiving_id: str) -> Key:
    return Key(f"RECEIVING#{receiving_id}", "RECEIVING")


def receiving_of(place: str) -> Key:
    return Key(f"RECEIVINGOF#{place}", "RECEIVINGOF")


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
    Contact: ("CONTACT", lambda r: contact(r.contact_id)),
    Declarant: ("DECLARANT", lambda r: declarant(r.contact_id)),
    Withdrawal: ("WITHDRAWAL", lambda r: withdrawal(r.withdrawal_id)),
    Task: ("TASK", lambda r: task(r.task_id)),
    ReturnException: ("EXCEPTION", lambda r: exception(r.exception_id)),
    LiabilityClaim: ("LIABILITY", lambda r: liability_claim(r.claim_id)),
    LiabilityOf: (
        "LIABILITY_LINK",
        lambda r: Key(f"RETURN#{r.return_id}", f"LIABILITY#{r.claim_id}"),
    ),
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
    Device: ("DEVICE", lambda r: device(r.device_id)),
    Enrolment: ("ENROLMENT", lambda r: enrolment(r.digest)),
    Photo: ("PHOTO", lambda r: photo(r.return_id, r.photo_id)),
    PhotoPrint: ("PHOTOPRINT", lambda r: photo_print(r.fingerprint)),
    PhotoBand: ("PHOTOBAND", lambda r: photo_band(r.band, r.value)),
    StockCount: ("COUNT", lambda r: stock_count(r.count_id)),
    Message: ("MESSAGE", lambda r: message(r.return_id, r.message_id)),
    Conversation: ("CONVERSATION", lambda r: conversation(r.return_id)),
    Receipt: ("RECEIPT", lambda r: Key(f"RETURN#{r.return_id}", f"RECEIPT#{r.receipt_id}")),
    Inspection: ("INSPECTION", lambda r: inspection(r.return_id, r.inspection_id)),
    SecondInspection: (
        "SECOND_INSPECTION",
        lambda r: second_inspection(r.return_id, r.inspection_id),
    ),
    Checklists: ("CHECKLISTS", lambda _: checklists()),
    Checklist: ("CHECKLIST", lambda r: checklist(r.category, r.number)),
    InspectionRules: ("INSPECTION_RULES", lambda _: inspection_rules()),
    PastRules: ("PAST_RULES", lambda r: past_rules(r.number)),
    Inspector: ("INSPECTOR", lambda r: inspector(r.person)),
    DispositionRecord: ("DISPOSITION", lambda r: disposition(r.return_id, r.disposition_id)),
    WriteOffDay: ("WRITEOFFS", lambda r: write_off_day(r.person, r.day)),
    ScrapProposal: ("SCRAP", lambda r: scrap_proposal(r.proposal_id)),
    WorkOrder: ("WORKORDER", lambda r: work_order(r.work_order_id)),
    Tracking: ("TRACKING", lambda r: tracking(r.carrier, r.tracking_no)),
    CarrierEvent: ("CARRIEREVENT", lambda r: carrier_event(r.carrier, r.event_id)),
    Parcel: ("PARCEL", lambda r: parcel(r.parcel_no)),
    AdvanceNotice: ("ADVANCENOTICE", lambda r: notice(r.notice_id)),
    Confirmation: ("CONFIRMATION", lambda r: confirmation(r.notice_id, r.confirmation_id)),
    Partner: ("PARTNER", lambda r: partner(r.warehouse)),
    Receiving: ("RECEIVING", lambda r: receiving(r.receiving_id)),
    ReceivingOf: ("RECEIVINGOF", lambda r: receiving_of(r.place)),
    HandoverReceipt: ("HANDOVER", lambda r: Key(f"RETURN#{r.return_id}", f"HANDOVER#{r.number}")),
    Exchange: ("EXCHANGE", lambda r: exchange(r.exchange_id)),
    Claim: ("CLAIM", lambda r: claim(r.claim_id)),
    ClaimOfOrder: ("CLAIM_LINK", lambda r: Key(f"ORDER#{r.order_no}", f"CLAIM#{r.claim_id}")),
    Movement: ("MOVEMENT", movement),
    Posting: ("POSTING", posting),
    Event: ("EVENT", event),
    **money_keys.KEYS,
    **{
        kind: (name, lambda r, place=place: Key(*place(r)))
        for places in (supplier_keys.PLACES, epcis_keys.PLACES, stock_keys.PLACES)
        for kind, (name, place) in places.items()
    },
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

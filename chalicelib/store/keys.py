"""Where each kind of record lives in the core table. docs/data-model.md shows the same patterns."""

from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any
from zlib import crc32

from chalicelib.core.clock import rfc3339
from chalicelib.store import epcis_keys, money_keys, stock_keys, supplier_keys
from chalicelib.store.key import Key

if TYPE_CHECKING:
    from chalicelib.core.events import Event
    from chalicelib.inventory.model import Account, Movement
    from chalicelib.ledger.model import Posting

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


def notices_of(subject: str) -> Key:
    return Key(f"NOTICESOF#{subject}", "NOTICESOF")


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


def event(event_: "Event") -> Key:
    return Key(partition(event_.subject), f"EVENT#{event_.seq:08d}")


def movement(movement_: "Movement") -> Key:
    """Beside the document that caused it; parts of a large one sort by their number."""
    return Key(
        partition(movement_.source), f"MOVEMENT#{movement_.movement_id}#{movement_.part:04d}"
    )


def posting(posting_: "Posting") -> Key:
    """Beside the event that it is of."""
    return Key(partition(posting_.subject), f"POSTING#{posting_.posting_id}")


def balance(warehouse: str, sku: str, lot: str | None, account: "Account") -> Key:
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


_KEY_OF: dict[str, tuple[str, Any]] = {
    "orders.model.Order": ("ORDER", lambda r: order(r.order_no)),
    "returns.model.Return": ("RETURN", lambda r: return_(r.return_id)),
    "customers.model.CustomerStanding": ("CUSTOMER", lambda r: customer(r.customer_id)),
    "orders.model.Contact": ("CONTACT", lambda r: contact(r.contact_id)),
    "withdrawals.model.Declarant": ("DECLARANT", lambda r: declarant(r.contact_id)),
    "withdrawals.model.Withdrawal": ("WITHDRAWAL", lambda r: withdrawal(r.withdrawal_id)),
    "tasks.model.Task": ("TASK", lambda r: task(r.task_id)),
    "returns.exceptions.ReturnException": ("EXCEPTION", lambda r: exception(r.exception_id)),
    "liability.model.LiabilityClaim": ("LIABILITY", lambda r: liability_claim(r.claim_id)),
    "liability.model.LiabilityOf": (
        "LIABILITY_LINK",
        lambda r: Key(f"RETURN#{r.return_id}", f"LIABILITY#{r.claim_id}"),
    ),
    "policy.versions.PolicyVersion": ("POLICY", lambda r: policy(r.version_id)),
    "policy.versions.Shelf": ("POLICYSHELF", lambda r: policy_shelf(r.policy)),
    "returns.delegating.Delegation": ("DELEGATION", lambda r: delegation(r.delegation_id)),
    "returns.delegating.DelegationOf": (
        "DELEGATION_LINK",
        lambda r: Key(delegations_of(r.person), f"{rfc3339(r.ends_at)}#{r.delegation_id}"),
    ),
    "reasons.amendments.Amendments": ("REASONS", lambda _: reasons()),
    "jobs.model.Job": ("JOB", lambda r: job(r.job_id)),
    "campaigns.model.Campaign": ("CAMPAIGN", lambda r: campaign(r.campaign_id)),
    "returns.numbers.NumberClaim": ("NUMBER", lambda r: number(r.number)),
    "returns.scanning.ScanOutcome": ("SCAN", lambda r: scan(r.scan_id)),
    "devices.model.Device": ("DEVICE", lambda r: device(r.device_id)),
    "devices.model.Enrolment": ("ENROLMENT", lambda r: enrolment(r.digest)),
    "uploads.model.Photo": ("PHOTO", lambda r: photo(r.return_id, r.photo_id)),
    "uploads.model.PhotoPrint": ("PHOTOPRINT", lambda r: photo_print(r.fingerprint)),
    "uploads.model.PhotoBand": ("PHOTOBAND", lambda r: photo_band(r.band, r.value)),
    "inventory.counting.StockCount": ("COUNT", lambda r: stock_count(r.count_id)),
    "returns.conversation.Message": ("MESSAGE", lambda r: message(r.return_id, r.message_id)),
    "returns.conversation.Conversation": ("CONVERSATION", lambda r: conversation(r.return_id)),
    "returns.receiving.Receipt": (
        "RECEIPT",
        lambda r: Key(f"RETURN#{r.return_id}", f"RECEIPT#{r.receipt_id}"),
    ),
    "returns.inspection_records.Inspection": (
        "INSPECTION",
        lambda r: inspection(r.return_id, r.inspection_id),
    ),
    "inspection.second_records.SecondInspection": (
        "SECOND_INSPECTION",
        lambda r: second_inspection(r.return_id, r.inspection_id),
    ),
    "inspection.choosing.Checklists": ("CHECKLISTS", lambda _: checklists()),
    "inspection.checklist.Checklist": ("CHECKLIST", lambda r: checklist(r.category, r.number)),
    "inspection.rules.InspectionRules": ("INSPECTION_RULES", lambda _: inspection_rules()),
    "inspection.rules.PastRules": ("PAST_RULES", lambda r: past_rules(r.number)),
    "inspection.sampling.Inspector": ("INSPECTOR", lambda r: inspector(r.person)),
    "returns.disposition_records.DispositionRecord": (
        "DISPOSITION",
        lambda r: disposition(r.return_id, r.disposition_id),
    ),
    "returns.scrapping.WriteOffDay": ("WRITEOFFS", lambda r: write_off_day(r.person, r.day)),
    "returns.scrap_proposals.ScrapProposal": ("SCRAP", lambda r: scrap_proposal(r.proposal_id)),
    "workorders.model.WorkOrder": ("WORKORDER", lambda r: work_order(r.work_order_id)),
    "shipping.tracking.Tracking": ("TRACKING", lambda r: tracking(r.carrier, r.tracking_no)),
    "shipping.tracking.CarrierEvent": (
        "CARRIEREVENT",
        lambda r: carrier_event(r.carrier, r.event_id),
    ),
    "returns.parcels.Parcel": ("PARCEL", lambda r: parcel(r.parcel_no)),
    "notices.model.AdvanceNotice": ("ADVANCENOTICE", lambda r: notice(r.notice_id)),
    "notices.model.NoticesOf": ("NOTICESOF", lambda r: notices_of(r.subject)),
    "notices.model.Confirmation": (
        "CONFIRMATION",
        lambda r: confirmation(r.notice_id, r.confirmation_id),
    ),
    "notices.partners.Partner": ("PARTNER", lambda r: partner(r.warehouse)),
    "receivings.model.Receiving": ("RECEIVING", lambda r: receiving(r.receiving_id)),
    "receivings.model.ReceivingOf": ("RECEIVINGOF", lambda r: receiving_of(r.place)),
    "returns.handovers.HandoverReceipt": (
        "HANDOVER",
        lambda r: Key(f"RETURN#{r.return_id}", f"HANDOVER#{r.number}"),
    ),
    "exchanges.model.Exchange": ("EXCHANGE", lambda r: exchange(r.exchange_id)),
    "claims.model.Claim": ("CLAIM", lambda r: claim(r.claim_id)),
    "claims.model.ClaimOfOrder": (
        "CLAIM_LINK",
        lambda r: Key(f"ORDER#{r.order_no}", f"CLAIM#{r.claim_id}"),
    ),
    "inventory.model.Movement": ("MOVEMENT", movement),
    "ledger.model.Posting": ("POSTING", posting),
    "core.events.Event": ("EVENT", event),
    **money_keys.KEYS,
    **{
        kind: (name, lambda r, place=place: Key(*place(r)))
        for places in (supplier_keys.PLACES, epcis_keys.PLACES, stock_keys.PLACES)
        for kind, (name, place) in places.items()
    },
}
"""The class of a record → the `type` attribute of its item and its key. By its name, so that
a process imports no kind of record that it never meets. Lambdas: mypy knows no mapping from a class
to a function of its instances, so the values are Any."""


def key_of(record: object) -> Key:
    """The key of a record."""
    key = _KEY_OF[_name_of(type(record))][1](record)
    assert isinstance(key, Key), "every record has a key"
    return key


def type_name(record: object) -> str:
    """The `type` attribute of a record's item."""
    return _KEY_OF[_name_of(type(record))][0]


@cache
def record_types() -> Mapping[str, type]:
    """Every class of records by the `type` attribute of its items; imports them all."""
    return {name: _class_of(kind) for kind, (name, _) in _KEY_OF.items()}


def _name_of(kind: type) -> str:
    return f"{kind.__module__}.{kind.__qualname__}".removeprefix("chalicelib.")


def _class_of(name: str) -> type:
    module, _, own = name.rpartition(".")
    kind: type = getattr(import_module(f"chalicelib.{module}"), own)
    return kind

"""One document with its events and movements: does it agree with itself?

Pure. Goods that receipts put aside as exceptions are documents of their own: for a return they are
given by the caller, who knows them.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from chalicelib.core.events import Event, Json, event_hash
from chalicelib.exchanges.model import PROMISED, Exchange
from chalicelib.inventory.adjusting import StockAdjustment
from chalicelib.inventory.counting import StockCount
from chalicelib.inventory.model import Account, Balance
from chalicelib.inventory.serials import Serial
from chalicelib.inventory.transferring import StockTransfer
from chalicelib.invoicing.model import NumberedNote
from chalicelib.invoicing.numbering import NumberSeries
from chalicelib.ledger.model import Posting as MoneyPosting
from chalicelib.liability.model import LiabilityClaim
from chalicelib.orders.model import LineKind, Order
from chalicelib.reconciliation.ledger import unbalanced
from chalicelib.reconciliation.model import (
    Document,
    Fact,
    Finding,
    Place,
    Plan,
    Posting,
    Unreadable,
    place_name,
)
from chalicelib.reconciliation.money import money_findings
from chalicelib.reconciliation.moved import adjusted as _adjusted
from chalicelib.reconciliation.moved import relabelled, used_up, without_lots
from chalicelib.reconciliation.moved import transferred as _transferred
from chalicelib.reconciliation.orders import order_findings
from chalicelib.reconciliation.returns import bucket_findings
from chalicelib.returns.exceptions import ReturnException
from chalicelib.returns.model import Return
from chalicelib.returns.receiving import Receipt
from chalicelib.workorders.model import WorkOrder

Goods = Counter[Place]


@dataclass(slots=True)
class Partition:
    """All that is stored about one subject."""

    subject: str
    document: Document | None = None
    is_locked: bool = False
    postings: list[Posting] = field(default_factory=list)
    money: list[MoneyPosting] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    receipts: list[Receipt] = field(default_factory=list)
    unreadable: list[Unreadable] = field(default_factory=list)

    def add(self, fact: Fact) -> None:
        self.is_locked = self.is_locked or fact.is_locked
        match fact.content:
            case Posting():
                self.postings.append(fact.content)
            case MoneyPosting():
                self.money.append(fact.content)
            case Event():
                self.events.append(fact.content)
            case Receipt():
                self.receipts.append(fact.content)
            case Unreadable():
                self.unreadable.append(fact.content)
            case Balance() | Serial() | Plan() | NumberedNote() | NumberSeries():
                pass  # Of no partition of a document.
            case _:
                self.document = fact.content


def own_findings(partition: Partition) -> Iterator[Finding]:
    """What is wrong within the partition, but for the goods of a return."""
    yield from _unreadable(partition)
    for posting in partition.postings:
        yield from unbalanced(posting)
    if partition.document is None:
        if not partition.unreadable:
            yield _missing(partition)
        return
    yield from _chain_findings(partition, partition.document)
    yield from money_findings(
        partition.document, partition.events, partition.money, partition.unreadable
    )
    match partition.document:
        case Return():
            yield from bucket_findings(partition.document)
        case Order():
            yield from order_findings(partition.document)
            yield from goods_findings(partition, ())
        case _:
            yield from goods_findings(partition, ())


def goods_findings(
    partition: Partition, exceptions: Iterable[ReturnException]
) -> Iterator[Finding]:
    """Units by account that the document says it moved, against what its movements moved."""
    difference = goods_difference(partition)
    for exception in exceptions:
        difference.subtract(goods_of_exception(exception))
    for place, rest in sorted(difference.items(), key=lambda item: place_name(item[0])):
        if rest:
            moved = sum(
                entry.quantity
                for posting in partition.postings
                for entry in posting.entries
                if entry.place == place
            )
            yield Finding(
                kind=f"{partition.subject.partition('/')[0]}_goods",
                subject=partition.subject,
                expected={place_name(place): moved - rest},
                found={place_name(place): moved},
                cause="A movement is missing or too many, or the document was changed alone.",
                proposed_repair="Find the goods; post what is missing, or correct the document.",
            )


def goods_difference(partition: Partition) -> Goods:
    """Ledger less document, by place; the exceptions of a return still to be taken off."""
    difference: Goods = Counter()
    for posting in partition.postings:
        for entry in posting.entries:
            difference[entry.place] += entry.quantity
    if isinstance(partition.document, Return):
        difference = relabelled(difference)
    if partition.document is not None:
        difference.subtract(_goods_of(partition.document))
    # Under which lot goods arrived is said by the movement alone.
    return without_lots(difference) if isinstance(partition.document, StockTransfer) else difference


def goods_of_exception(exception: ReturnException) -> Goods:
    """What an exception put into quarantine; what was resolved of it since is told apart."""
    goods: Goods = Counter()
    if exception.movement_id is not None and exception.warehouse and exception.sku:
        at = (exception.warehouse, exception.sku, exception.lot)
        goods[*at, Account.QUARANTINE] += exception.quantity
        goods[*at, Account.CUSTOMER] -= exception.quantity
    return goods


def _goods_of(document: Document) -> Goods:
    match document:
        case Order():
            return _delivered(document)
        case Return():
            return _received(document)
        case StockCount():
            return _counted(document)
        case ReturnException():
            # One that a receipt opened is booked by the return's movement.
            opening = Counter() if document.receipt_id else goods_of_exception(document)
            opening.update(_resolved(document))
            return opening
        case LiabilityClaim():
            return _evidence(document)
        case Exchange():
            return _promised(document)
        case StockTransfer():
            return _transferred(document)
        case StockAdjustment():
            return _adjusted(document)
        case WorkOrder():
            return used_up(document)
        case _:
            return Counter()  # A document that moves no goods.


def _delivered(order: Order) -> Goods:
    goods: Goods = Counter()
    lines = {line.line_no: line for line in order.lines}
    for delivery in order.deliveries:
        for item in delivery.items:
            line = lines.get(item.line_no)
            if line is None or line.kind is not LineKind.GOODS:
                continue
            goods[delivery.warehouse, line.sku, item.lot, Account.AVAILABLE] -= item.quantity
            goods[delivery.warehouse, line.sku, item.lot, Account.CUSTOMER] += item.quantity
    return goods


def _received(ret: Return) -> Goods:
    goods: Goods = Counter()
    for line in ret.lines:
        for group in line.groups:
            if group.account is not None and group.warehouse is not None:
                goods[group.warehouse, line.goods, group.lot, group.account] += group.size
                goods[group.warehouse, line.goods, group.lot, Account.CUSTOMER] -= group.size
    return goods


def _resolved(exception: ReturnException) -> Goods:
    """What its resolutions took out of quarantine; a line of a return receives it on its own."""
    goods: Goods = Counter()
    for done in exception.resolutions:
        if done.account is not None and exception.warehouse and exception.sku:
            at = (exception.warehouse, exception.sku, exception.lot)
            goods[*at, Account.QUARANTINE] -= done.quantity
            goods[*at, done.account] += done.quantity
    return goods


def _evidence(claim: LiabilityClaim) -> Goods:
    """What a claim let go at its end."""
    goods: Goods = Counter()
    if claim.goods_went is not None and claim.warehouse and claim.sku:
        at = (claim.warehouse, claim.sku, claim.lot)
        goods[*at, Account.DAMAGED] -= claim.quantity
        goods[*at, claim.goods_went] += claim.quantity
    return goods


def _promised(exchange: Exchange) -> Goods:
    """What it holds in reserve, or what left for the customer."""
    goods: Goods = Counter()
    account = Account.RESERVED if exchange.state in PROMISED else Account.CUSTOMER
    for part in exchange.stock:
        at = (exchange.warehouse, exchange.replacement_sku, part.lot)
        goods[*at, Account.AVAILABLE] -= part.quantity
        goods[*at, account] += part.quantity
    return goods


def _counted(count: StockCount) -> Goods:
    goods: Goods = Counter()
    for difference in count.differences:
        delta = difference.counted - difference.booked
        if delta:
            at = (count.warehouse, difference.sku, difference.lot)
            goods[*at, Account.AVAILABLE] += delta
            goods[*at, Account.ADJUSTMENT] -= delta
    return goods


def _chain_findings(partition: Partition, document: Document) -> Iterator[Finding]:
    """Events are numbered without gaps, each fits the one before, and the document ends with the
    last. The first break is reported: after it nothing can be said."""
    events = sorted(partition.events, key=lambda event: event.seq)
    head = ""
    for number, event in enumerate(events, start=1):
        if event.seq != number:
            yield _broken(partition, "event_gap", number, event.seq, "An event is missing.")
            return
        if event.prev_hash != head or event_hash(event) != event.hash:
            yield _broken(partition, "event_hash", number, event.id, "An event was changed.")
            return
        head = event.hash
    chain = document.chain
    if (len(events), head) != (chain.seq, chain.head):
        cause = "The last events are missing, or the document was changed without one."
        yield _broken(partition, "event_gap", chain.seq, len(events), cause)


def _broken(partition: Partition, kind: str, expected: Json, found: Json, cause: str) -> Finding:
    return Finding(
        kind=kind,
        subject=partition.subject,
        expected=expected,
        found=found,
        cause=cause,
        proposed_repair="Restore the event from the archive or a backup; look who had access.",
    )


def _missing(partition: Partition) -> Finding:
    return Finding(
        kind="document_missing",
        subject=partition.subject,
        expected="the document",
        found={"events": len(partition.events), "movements": len(partition.postings)},
        cause="The document was removed, but not what it caused.",
        proposed_repair="Restore the document from a backup.",
    )


def _unreadable(partition: Partition) -> Iterator[Finding]:
    for item in partition.unreadable:
        yield Finding(
            kind="unreadable_record",
            subject=partition.subject,
            expected="a record that can be read",
            found=item.key,
            cause=item.reason,
            proposed_repair="Restore the record from a backup.",
        )

"""Whether what is stored is whole: nothing half-written, lost in between, or written twice.

Reads every item once and looks at it from outside, not through the code that wrote it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from chalicelib.core.events import Event, chain_fault
from chalicelib.inventory.model import Movement
from chalicelib.ledger.balances import faults_of, unposted
from chalicelib.ledger.model import Posting
from chalicelib.orders.model import Order
from chalicelib.returns.model import Return
from chalicelib.store.codec import body_of, decode
from chalicelib.store.keys import record_types
from prove.bench import Tables

_Place = tuple[str, str, str, str]


@dataclass(slots=True)
class Books:
    """Everything that a trial's tables hold, by kind."""

    orders: dict[str, Order] = field(default_factory=dict)
    returns: dict[str, Return] = field(default_factory=dict)
    movements: list[Movement] = field(default_factory=list)
    events: dict[str, list[Event]] = field(default_factory=lambda: defaultdict(list))
    postings: dict[str, list[Posting]] = field(default_factory=lambda: defaultdict(list))
    balances: dict[_Place, int] = field(default_factory=dict)
    kinds: Counter[str] = field(default_factory=Counter)
    unfinished: int = 0

    def returns_of(self, order_no: str) -> list[Return]:
        return [ret for ret in self.returns.values() if ret.order_no == order_no]

    def faults(self) -> list[str]:
        """What does not fit, in words; nothing where all is well."""
        return [
            *([f"{self.unfinished} items of unfinished commands"] if self.unfinished else []),
            *self._broken_chains(),
            *self._wrong_balances(),
            *self._wrong_ledgers(),
        ]

    def _broken_chains(self) -> Iterable[str]:
        roots: list[Any] = [*self.orders.values(), *self.returns.values()]
        for root in roots:
            events = sorted(self.events.get(root.subject, []), key=lambda event: event.seq)
            fault = chain_fault(events)
            if fault is not None:
                yield f"{root.subject}: the chain of events breaks at {fault}"
            elif (root.chain.seq, root.chain.head) != (len(events), events[-1].hash):
                yield f"{root.subject}: its events are not those it counts"

    def _wrong_balances(self) -> Iterable[str]:
        moved: Counter[_Place] = Counter()
        for movement in self.movements:
            sums: Counter[str] = Counter()
            for entry in movement.entries:
                sums[entry.sku] += entry.quantity
                place = (entry.warehouse, entry.sku, entry.lot or "", entry.account.value)
                moved[place] += entry.quantity
            if any(sums.values()):
                yield f"{movement.movement_id} does not sum to zero"
        for place in {*moved, *self.balances}:
            if moved[place] != self.balances.get(place, 0):
                yield f"{place}: {self.balances.get(place, 0)} lie there, {moved[place]} were moved"

    def _wrong_ledgers(self) -> Iterable[str]:
        for subject in sorted({*self.events, *self.postings}):
            postings = self.postings.get(subject, [])
            faults = [*unposted(self.events.get(subject, []), postings)]
            for fault in [*faults, *faults_of(subject, postings)]:
                yield f"{subject}: {fault.code} {fault.about}"


def books_of(tables: Tables) -> Books:
    books = Books()
    for item in tables.items():
        kind = item["type"]["S"]
        books.kinds[kind] += 1
        if kind in ("PARTS", "LOCK") or "part_of" in item:
            books.unfinished += 1
        elif kind == "BALANCE":
            place = tuple(item[name]["S"] for name in ("warehouse", "sku", "lot", "account"))
            books.balances[place] = int(item["quantity"]["N"])
        elif kind in record_types():
            _keep(books, kind, body_of(item))
    return books


def _keep(books: Books, kind: str, body: str | None) -> None:
    assert body is not None, "a record has a body"
    record: object = decode(body, record_types()[kind])
    match record:
        case Order():
            books.orders[record.order_no] = record
        case Return():
            books.returns[record.return_id] = record
        case Posting():
            books.postings[record.subject].append(record)
        case Movement():
            books.movements.append(record)
        case Event():
            books.events[record.subject].append(record)

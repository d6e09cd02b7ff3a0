"""Looking again, with consistent reads, at what a survey found suspicious: only then a finding.

A document is read until it stands still; a balance is believed where it did not move while its
movements were summed. What keeps moving is said to be unsettled, and left to the next run.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from chalicelib.claims.model import Claim
from chalicelib.core.errors import TransientError
from chalicelib.inventory.serials import Serial
from chalicelib.orders.model import HolderKind, Order
from chalicelib.reconciliation.ledger import Ledger, balance_findings
from chalicelib.reconciliation.model import Document, Fact, Finding, Held, Place, Posting
from chalicelib.reconciliation.money import Clearing, other_sides
from chalicelib.reconciliation.notes import NoteBooks, NoteCheck, Notes
from chalicelib.reconciliation.orders import Holder, Holds, holder_of
from chalicelib.reconciliation.partitions import Partition, goods_findings, own_findings
from chalicelib.reconciliation.serials import Positions, crowded
from chalicelib.returns.exceptions import ReturnException
from chalicelib.returns.model import Return
from chalicelib.tasks.model import Task

ATTEMPTS_MAX = 5
UNREADABLE = "unreadable_record"


class DocumentReader(NoteBooks, Protocol):
    """Consistent reads; large commands that hold a document are finished first."""

    def order(self, order_no: str) -> Order | None: ...

    def return_(self, return_id: str) -> Return | None: ...

    def claim_of(self, claim_id: str) -> tuple[Claim | None, Order | None, Task | None]: ...

    def exception(self, exception_id: str) -> ReturnException | None: ...


class AuditStore(Protocol):
    """Everything that is stored, as facts."""

    def scan(self) -> Iterator[Fact]: ...

    def postings(self) -> Iterator[Posting]: ...

    def partition(self, subject: str) -> list[Fact]: ...

    def held(self, place: Place) -> Held: ...

    def position(self, sku: str, serial: str) -> Serial | None: ...

    def finish(self, command_id: str) -> None: ...


class TimeIsUp(Exception):
    """There is no time to look at everything."""


@dataclass(slots=True)
class Confirming:
    """Collects findings; `tick` is called between steps and may raise TimeIsUp."""

    store: AuditStore
    reads: DocumentReader
    tick: "Tick"
    findings: list[Finding] = field(default_factory=list)
    unsettled: list[str] = field(default_factory=list)

    def subjects(self, subjects: Iterable[str]) -> None:
        """Documents with their events and movements."""
        for subject in sorted(subjects):
            self.tick()
            part = self._settled(subject)
            if part is None:
                self.unsettled.append(subject)
                continue
            self.findings.extend(own_findings(part))
            if isinstance(part.document, Return):
                self.findings.extend(goods_findings(part, self._exceptions(part)))

    def orders(self, suspicious: dict[str, set[Holder]]) -> None:
        """What orders and the documents that hold their units say about each other."""
        for order_no in sorted(suspicious):
            self.tick()
            try:
                found = self._holds(order_no, suspicious[order_no])
            except TransientError as error:
                if error.code != UNREADABLE:
                    raise
                continue  # Found as such: nothing can be compared with it.
            if found is None:
                self.unsettled.append(f"order/{order_no}")
            else:
                self.findings.extend(found)

    def credits(self, suspicious: dict[str, set[str]]) -> None:
        """What returns gave as store credit against what credit accounts were given."""
        for credit_id in sorted(suspicious):
            self.tick()
            found = self._cleared(credit_id, suspicious[credit_id])
            if found is None:
                self.unsettled.append(f"credit/{credit_id}")
            else:
                self.findings.extend(found)

    def credit_notes(self, notes: Notes, now: datetime) -> None:
        """Notes against their numbers, and against what their settlements gave back."""
        check = NoteCheck(reads=self.reads, now=now, tick=self.tick)
        self.findings.extend(check.findings(notes))

    def balances(self, places: frozenset[Place]) -> None:
        """Balances, by summing their movements once more: all suspicious ones in one pass."""
        for _ in range(ATTEMPTS_MAX):
            if not places:
                return
            before = {place: self.store.held(place) for place in places}
            ledger = Ledger(only=places)
            for posting in self.store.postings():
                self.tick()
                ledger.post(posting)
            still = {
                place for place in places if self.store.held(place).version == before[place].version
            }
            self.findings.extend(balance_findings(still, ledger, before))
            places = places - still
        self.unsettled.extend(sorted("/".join(map(str, place)) for place in places))

    def serials(self, survey: Positions) -> None:
        """Where units are, by summing the movements of suspicious ones once more."""
        units = survey.suspicious()
        for _ in range(ATTEMPTS_MAX):
            if not units:
                break
            positions = Positions(only=units)
            for posting in self.store.postings():
                self.tick()
                positions.post(posting)
            for unit in units:
                position = self.store.position(*unit)
                if position is not None:
                    positions.take(position)
            # One that moved meanwhile is looked at once more.
            moving = {unit for unit in units if positions.has_moved(unit, survey.known[unit])}
            self.findings.extend(positions.without(moving).findings())
            survey.known |= {unit: positions.known[unit] for unit in moving}
            units = frozenset(moving)
        self.unsettled.extend(sorted("serial/" + "/".join(unit) for unit in units))

    def crowds(self, survey: Positions, ledger: Ledger) -> None:
        """More serial numbers in a place than units: looked at where the survey saw it."""
        counts = survey.by_place()
        suspicious = Counter(
            {place: units for place, units in counts.items() if units > ledger.held_in(place)}
        )
        held = {place: self.store.held(place) for place in suspicious}
        self.findings.extend(crowded(suspicious, held))

    def _settled(self, subject: str) -> Partition | None:
        """The partition at a moment when nobody wrote to it, or None where there was none."""
        for _ in range(ATTEMPTS_MAX):
            before = self._document(subject)
            part = Partition(subject)
            for fact in self.store.partition(subject):
                part.add(fact)
            # A plan that is under way holds a document that may not exist yet.
            if part.is_locked:
                continue
            after = self._document(subject)
            if before == after and (after is None or after == part.document):
                return part
        return None

    def _document(self, subject: str) -> Document | None:
        """Read by its own key, which finishes a large command that holds it."""
        kind, _, own = subject.partition("/")
        try:
            match kind:
                case "order":
                    return self.reads.order(own)
                case "return":
                    return self.reads.return_(own)
                case "exception":
                    return self.reads.exception(own)
        except TransientError as error:
            if error.code != UNREADABLE:
                raise
            return None  # Its partition says so.
        contents = (fact.content for fact in self.store.partition(subject))
        return next((content for content in contents if isinstance(content, Document)), None)

    def _exceptions(self, part: Partition) -> list[ReturnException]:
        """Those that the return's receipts opened: their goods are in its movements."""
        ids = [own for receipt in part.receipts for own in receipt.exception_ids]
        found = (self.reads.exception(exception_id) for exception_id in dict.fromkeys(ids))
        return [exception for exception in found if exception is not None]

    def _cleared(self, credit_id: str, known: set[str]) -> list[Finding] | None:
        """By both sides, the other one found by what the events of the first say."""
        clearing, asked, to_ask = Clearing(only=credit_id), set[str](), set(known)
        while to_ask:
            subject = to_ask.pop()
            asked.add(subject)
            part = self._settled(subject)
            if part is None:
                return None
            clearing.add(part.money)
            to_ask |= other_sides(credit_id, part.document, part.events) - asked
        return list(clearing.findings())

    def _holds(self, order_no: str, known: set[Holder]) -> list[Finding] | None:
        for _ in range(ATTEMPTS_MAX):
            order = self.reads.order(order_no)
            holders = sorted(known | (_holders(order) if order else set()))
            documents = [self._holding(holder) for holder in holders]
            again = [self._holding(holder) for holder in holders]
            if self.reads.order(order_no) != order or documents != again:
                continue
            holds = Holds()
            if order is not None:
                holds.order(order)
            for document in documents:
                if isinstance(document, Return) and document.order_no == order_no:
                    holds.return_(document)
                elif isinstance(document, Claim) and document.order_no == order_no:
                    holds.claim(document)
            return list(holds.findings())
        return None

    def _holding(self, holder: Holder) -> Return | Claim | None:
        match holder.kind:
            case HolderKind.RETURN:
                return self.reads.return_(holder.id)
            case HolderKind.CLAIM:
                claim, _, _ = self.reads.claim_of(holder.id)
                return claim
            case HolderKind.EXCHANGE:
                return None  # Its units are held by its return; one of its own is an orphan.


class Tick(Protocol):
    """Called between steps: notes that the work goes on, or raises TimeIsUp."""

    def __call__(self) -> None: ...


def _holders(order: Order) -> set[Holder]:
    return {holder_of(reservation) for line in order.lines for reservation in line.reservations}

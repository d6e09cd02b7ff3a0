"""Everything in core checked against itself: chains, invariants, ledger, and cut transactions.

The comparison is the reconciliation's own; references and locks are looked at besides. What looks
wrong is read again, consistently, before it is a finding. Nothing is changed but for a large
command that was left unfinished, which is carried to its end as the next reader would do.
"""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from chalicelib.claims.model import Claim
from chalicelib.core.clock import utc_now
from chalicelib.orders.model import HolderKind, Order
from chalicelib.reconciliation.confirming import Confirming
from chalicelib.reconciliation.model import Finding
from chalicelib.reconciliation.orders import Holder
from chalicelib.reconciliation.survey import Survey
from chalicelib.returns.exceptions import ReturnException
from chalicelib.returns.model import Return
from chalicelib.store import keys
from chalicelib.store.audit import Audit
from chalicelib.store.codec import body_of, decode
from chalicelib.store.key import Key
from chalicelib.store.note_reads import NoteReads
from chalicelib.store.table import Item, Table
from chalicelib.tasks.model import Task
from tools.cli.references import (
    ROOTS,
    Reference,
    Stored,
    cut_within,
    dangling,
    lock_without_plan,
    references_of,
    stored,
    subject_of,
)
from tools.cli.scanning import WatchedTable
from tools.stack.errors import StackError

T = TypeVar("T")
_LOOKS = 3
_BETWEEN_S = 0.1
_BATCH = 100


@dataclass(slots=True)
class Verified:
    """What was looked at and found. `unsettled` kept changing and was not judged."""

    items: int = 0
    checked: Counter[str] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)
    unsettled: list[str] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Verifier:
    """Looks at one core table. `tick` is called between steps."""

    core: WatchedTable
    tick: Callable[[], None] = lambda: None
    sleep: Callable[[float], object] = time.sleep
    _verified: Verified = field(default_factory=Verified)
    _open: list[Stored] = field(default_factory=list)
    _suspects: set[str] = field(default_factory=set)
    _references: list[Reference] = field(default_factory=list)
    _dangling: list[Reference] = field(default_factory=list)
    _locks: list[tuple[Key, str]] = field(default_factory=list)

    def everything(self) -> Verified:
        """One scan, then a second look at what it found suspicious."""
        survey = Survey()
        self.core.observe = self._observe
        for fact in Audit(core=self.core).scan():
            survey.take(fact)
        self.core.observe = None
        survey.finish()
        self._close()
        self._look_up()
        self._verified.checked = survey.checked
        stuck = self._stuck()
        confirming = self._confirming()
        confirming.subjects(survey.subjects - stuck)
        confirming.orders(
            {no: ids for no, ids in survey.holds.suspicious().items() if f"order/{no}" not in stuck}
        )
        confirming.credits(survey.clearing.suspicious())
        confirming.balances(survey.ledger.suspicious())
        confirming.credit_notes(survey.notes, utc_now())
        for pk in sorted(self._suspects):
            self._cut(pk)
        self._confirm_dangling()
        return self._done(confirming)

    def one(self, subject: str) -> Verified:
        """All about one subject, but for the balances, which are everybody's."""
        kind, _, own = subject.partition("/")
        if kind not in ROOTS or not own:
            raise StackError(
                f"'{subject}' names no subject: write {', '.join(f'{k}/<id>' for k in ROOTS)}."
            )
        pk = keys.partition(subject)
        items = self.core.query(pk)
        if not items:
            raise StackError(f"There is nothing stored about {subject}.")
        for item in items:
            self._observe(item)
        self._close()
        self._look_up()
        self._verified.checked = Counter(
            item.get("type", {}).get("S", "?").lower() for item in items
        )
        confirming = self._confirming()
        if subject not in self._stuck():
            confirming.subjects([subject])
            self._orders_of(subject, confirming)
        self._cut(pk)
        self._confirm_dangling()
        return self._done(confirming)

    def _confirming(self) -> Confirming:
        return Confirming(Audit(core=self.core), Direct(self.core), self.tick)

    def _orders_of(self, subject: str, confirming: Confirming) -> None:
        kind, _, own = subject.partition("/")
        if kind == "order":
            confirming.orders({own: set()})
        elif kind == "return":
            ret = confirming.reads.return_(own)
            if ret is not None and ret.order_no is not None:
                confirming.orders({ret.order_no: {Holder(HolderKind.RETURN, own)}})

    def _done(self, confirming: Confirming) -> Verified:
        verified = self._verified
        verified.findings = [*confirming.findings, *verified.findings]
        verified.unsettled += confirming.unsettled
        return verified

    # --- references and locks

    def _observe(self, item: Item) -> None:
        """Each item once, those of a partition one after the other."""
        self._verified.items += 1
        seen = stored(item)
        if self._open and self._open[0].key.pk != seen.key.pk:
            self._close()
        self._open.append(seen)
        if "part_of" in item:
            self._locks.append((seen.key, item["part_of"]["S"]))
        self._references += references_of(seen)
        if len(self._references) >= _BATCH:
            self._look_up()

    def _close(self) -> None:
        items, self._open = self._open, []
        if next(cut_within(items), None) is not None:
            self._suspects.add(items[0].key.pk)

    def _look_up(self) -> None:
        """Which of the references that were collected lead nowhere."""
        asked, self._references = self._references, []
        if asked:
            found = self.core.get([reference.target for reference in asked])
            self._dangling += [r for r, item in zip(asked, found, strict=True) if item is None]

    def _cut(self, pk: str) -> None:
        """Only what every look shows: a read of a partition may see half of a transaction."""
        looks: list[list[Finding]] = []
        for number in range(_LOOKS):
            self.tick()
            if number:
                self.sleep(_BETWEEN_S)
            items = self.core.query(pk)
            if any("part_of" in item for item in items):
                return  # A large command is at work here; of a lasting lock it was told before.
            looks.append(list(cut_within([stored(item) for item in items])))
        self._verified.findings += [f for f in looks[0] if all(f in look for look in looks)]

    def _confirm_dangling(self) -> None:
        for reference in self._dangling:
            self.tick()
            if all(self._leads_nowhere(reference) for _ in range(_LOOKS - 1)):
                self._verified.findings.append(dangling(reference))

    def _leads_nowhere(self, reference: Reference) -> bool:
        """The source first: what it names was stored with it, so it must be there afterwards."""
        (source,) = self.core.get([reference.source])
        (target,) = self.core.get([reference.target])
        if source is None or "part_of" in source or target is not None:
            return False
        return reference in list(references_of(stored(source)))

    def _stuck(self) -> set[str]:
        """Subjects that are locked for a plan which is gone."""
        stuck: set[str] = set()
        for key, command_id in self._locks:
            (plan,) = self.core.get([keys.parts(command_id)])
            (item,) = self.core.get([key])
            if plan is None and item is not None and "part_of" in item:
                self._verified.findings.append(lock_without_plan(key, command_id))
                stuck.add(subject_of(key.pk))
        return stuck


@dataclass(frozen=True, slots=True)
class Direct(NoteReads):
    """Reads of documents that finish a large command once, and go on where its plan is gone."""

    core: WatchedTable

    def order(self, order_no: str) -> Order | None:
        return self._read(keys.order(order_no), Order)

    def return_(self, return_id: str) -> Return | None:
        return self._read(keys.return_(return_id), Return)

    def exception(self, exception_id: str) -> ReturnException | None:
        return self._read(keys.exception(exception_id), ReturnException)

    def claim_of(self, claim_id: str) -> tuple[Claim | None, Order | None, Task | None]:
        """The claim alone: who compares reads its order for itself."""
        return self._read(keys.claim(claim_id), Claim), None, None

    @property
    def _core(self) -> Table:
        return self.core

    def _items(self, *wanted: Key) -> list[Item | None]:
        return [self._item(key) for key in wanted]

    def _item(self, key: Key) -> Item | None:
        (item,) = self.core.get([key])
        if item is not None and "part_of" in item:
            Audit(core=self.core).finish(item["part_of"]["S"])
            (item,) = self.core.get([key])
        return item

    def _read(self, key: Key, kind: type[T]) -> T | None:
        item = self._item(key)
        body = None if item is None else body_of(item)
        return None if body is None else decode(body, kind)


def kinds_of(findings: Sequence[Finding]) -> dict[str, int]:
    return dict(sorted(Counter(finding.kind for finding in findings).items()))

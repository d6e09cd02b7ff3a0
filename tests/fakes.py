"""Stand-ins for the outside that keep its promises: the store in memory, and a payment provider.

FakeStore passes the same contract suite as the real store (tests/store/test_contract.py).
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from chalicelib.core.clock import Clock
from chalicelib.core.commands import Answer, Changes, Decided, IdempotencyKey
from chalicelib.core.errors import Conflict, DomainError, Invalid, TransientError
from chalicelib.core.events import Context
from chalicelib.inventory.model import PHYSICAL, Account, Balance, Entry, Movement
from chalicelib.inventory.serials import Serial
from chalicelib.ledger.posting import posted
from chalicelib.policy.shelves import KnownPolicies
from chalicelib.settlement.ports import RefundOutcome, RefundRequest, RefundState
from chalicelib.store import keys
from chalicelib.store.actions import item_of
from chalicelib.store.key import Key
from tests.fake_reads import FakeReads, Reader
from tests.stock_fakes import serials_after
from tools.cli.references import cut_within, stored

T = TypeVar("T")
ROUNDS_MAX = 12
ANSWERS_KEPT = timedelta(days=7)


class Store(Protocol):
    """What the use cases run through."""

    def reads(self) -> Reader: ...

    def run(self, decide: Callable[[Reader], Decided[T]], *, context: Context) -> T: ...

    def answer(
        self,
        decide: Callable[[Reader], Decided[T]],
        *,
        context: Context,
        render: Callable[[T], Answer],
        idempotency: IdempotencyKey | None,
    ) -> Answer: ...

    def run_unless_answered(
        self,
        decide: Callable[[Reader], Decided[T]],
        *,
        context: Context,
        idempotency: IdempotencyKey | None,
    ) -> T | Answer: ...

    def answered(self, idempotency: IdempotencyKey) -> Answer | None: ...


class _LostRace(Exception):
    """The decision was made on something that has changed since."""


@dataclass(slots=True)
class FakeStore:
    """Records by key, balances with floors, remembered answers. `meanwhile` runs before writes."""

    clock: Clock
    records: dict[Key, object] = field(default_factory=dict)
    stock: dict[Key, Balance] = field(default_factory=dict)
    told: dict[tuple[str, str], tuple[str, Answer, datetime]] = field(default_factory=dict)
    interference: list[Callable[[], object]] = field(default_factory=list)
    writes: int = 0
    serials: dict[tuple[str, str], Serial] = field(default_factory=dict)
    policies: KnownPolicies = field(default_factory=KnownPolicies)

    def reads(self) -> "FakeReads":
        return FakeReads(self)

    def meanwhile(self, act: Callable[[], object]) -> None:
        """Somebody else acts between the next decision and its write."""
        self.interference.append(act)

    def run(self, decide: Callable[[Reader], Decided[T]], *, context: Context) -> T:
        for _ in range(ROUNDS_MAX):
            decided = decide(self.reads())
            try:
                self._write(decided.changes)
            except _LostRace:
                continue
            return decided.result
        raise Conflict("concurrent_change", "Others keep changing it; look again and retry.")

    def run_unless_answered(
        self,
        decide: Callable[[Reader], Decided[T]],
        *,
        context: Context,
        idempotency: IdempotencyKey | None,
    ) -> T | Answer:
        known = None if idempotency is None else self.answered(idempotency)
        return known if known is not None else self.run(decide, context=context)

    def answer(
        self,
        decide: Callable[[Reader], Decided[T]],
        *,
        context: Context,
        render: Callable[[T], Answer],
        idempotency: IdempotencyKey | None,
    ) -> Answer:
        if idempotency is None:
            return render(self.run(decide, context=context))
        for _ in range(ROUNDS_MAX):
            known = self.answered(idempotency)
            if known is not None:
                return known
            try:
                decided = decide(self.reads())
            except DomainError:
                known = self.answered(idempotency)
                if known is not None:
                    return known
                raise
            answer = render(decided.result)
            try:
                self._write(decided.changes, idempotency)
            except _LostRace:
                continue
            place = (idempotency.scope, idempotency.key)
            self.told[place] = idempotency.fingerprint, answer, self.clock() + ANSWERS_KEPT
            return answer
        raise Conflict("concurrent_change", "Others keep changing it; look again and retry.")

    def answered(self, idempotency: IdempotencyKey) -> Answer | None:
        fingerprint, answer, until = self.told.get(
            (idempotency.scope, idempotency.key), ("", None, self.clock())
        )
        if answer is None or until <= self.clock():
            return None
        if fingerprint != idempotency.fingerprint:
            raise Invalid("idempotency_key_reused", "The key was used for another request.")
        return Answer(status=answer.status, body=answer.body, headers=answer.headers, replayed=True)

    def _write(self, changes: Changes, idempotency: IdempotencyKey | None = None) -> None:
        while self.interference:
            self.interference.pop(0)()
        if idempotency is not None and self.answered(idempotency) is not None:
            raise _LostRace
        changes = posted(changes)
        for record in changes.records:
            stored = self.records.get(keys.key_of(record))
            if getattr(stored, "version", 0) != record.version - 1:
                raise _LostRace
        if any(keys.key_of(event) in self.records for event in changes.events):
            raise _LostRace
        stock = self._stock_after(changes)
        _require_told(changes)
        self.records |= {keys.key_of(record): record for record in changes.records}
        self.records |= {keys.key_of(event): event for event in changes.events}
        self.stock = stock
        moved = [record for record in changes.records if isinstance(record, Movement)]
        self.serials = serials_after(self.serials, moved)
        self.writes += 1

    def _stock_after(self, changes: Changes) -> dict[Key, Balance]:
        entries = [e for r in changes.records if isinstance(r, Movement) for e in r.entries]
        for entry in entries:
            held = self.stock.get(_place(entry))
            if entry.expected is not None and (held.quantity if held else 0) != entry.expected:
                raise _LostRace
        stock = dict(self.stock)
        for entry in entries:
            stock[_place(entry)] = _moved(stock.get(_place(entry)), entry)
        for place, after in stock.items():
            before = self.stock.get(place)
            falls = after.quantity < (before.quantity if before else 0)
            if falls and after.quantity < 0 and after.account in PHYSICAL:
                raise Conflict(
                    "insufficient_stock",
                    f"Warehouse {after.warehouse} has less of {after.sku}.",
                    warehouse=after.warehouse,
                    sku=after.sku,
                    account=after.account.value,
                )
        return stock


def _require_told(changes: Changes) -> None:
    """Goods that a command moves are named by it, or `tuiku verify` takes them for a rest.

    A movement without any event is no command: a test has laid goods on the shelf.
    """
    if not changes.events:
        return
    moved = {keys.key_of(one).pk for one in changes.records if isinstance(one, Movement)}
    written = (*changes.records, *changes.events) if moved else ()
    of_it = [one for one in written if keys.key_of(one).pk in moved]
    by_place = {pk: [one for one in of_it if keys.key_of(one).pk == pk] for pk in sorted(moved)}
    untold = [
        finding
        for together in by_place.values()
        for finding in cut_within([stored(item_of(one)) for one in together])
        if finding.kind == "movement_unnamed"
    ]
    assert not untold, untold


def _place(entry: Entry) -> Key:
    return keys.balance(entry.warehouse, entry.sku, entry.lot, entry.account)


def _moved(before: Balance | None, entry: Entry) -> Balance:
    worth = dict(before.value_minor) if before else {}
    if entry.unit_cost is not None:
        currency = entry.unit_cost.currency
        worth[currency] = worth.get(currency, 0) + entry.unit_cost.minor * entry.quantity
    return Balance(
        warehouse=entry.warehouse,
        sku=entry.sku,
        lot=entry.lot,
        account=Account(entry.account),
        quantity=(before.quantity if before else 0) + entry.quantity,
        value_minor=worth,
    )


class Killed(Exception):
    """The process died at this point."""


@dataclass(slots=True)
class FakeProvider:
    """Pays each key once. `script` says, call by call, what happens to refunds of a payment.

    `paid`, `declined`; `lost`: paid, but the answer never arrives; `silent`: nothing arrives at
    the provider either; `dies before` and `dies after`: the calling process ends there.
    """

    name: str = "sandbox"
    script: dict[str, list[str]] = field(default_factory=dict)
    refunds: dict[str, RefundOutcome] = field(default_factory=dict)
    sent: list[RefundRequest] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def refund(self, request: RefundRequest, *, timeout_s: float) -> RefundOutcome:
        steps = self.script.get(request.payment_id, [])
        step = steps.pop(0) if steps else "paid"
        if step == "dies before":
            raise Killed(step)
        self.sent.append(request)
        if step == "silent":
            return RefundOutcome(state=RefundState.UNKNOWN, reason="no_answer")
        outcome = self.refunds.setdefault(request.key, self._outcome(step, request))
        if step == "dies after":
            raise Killed(step)
        if step == "lost":
            return RefundOutcome(state=RefundState.UNKNOWN, reason="no_answer")
        return outcome

    def find(self, key: str, *, timeout_s: float, provider_ref: str | None = None) -> RefundOutcome:
        self.asked.append(key)
        return self.refunds.get(key, RefundOutcome(state=RefundState.NOT_FOUND, reason="not_found"))

    def paid_out(self, payment_id: str) -> int:
        """Minor units that really left, in all."""
        return sum(
            outcome.amount.minor
            for key, outcome in self.refunds.items()
            if outcome.state is RefundState.SUCCEEDED
            and outcome.amount is not None
            and key.split(":")[1] == payment_id
        )

    def _outcome(self, step: str, request: RefundRequest) -> RefundOutcome:
        if step == "declined":
            return RefundOutcome(state=RefundState.DECLINED, reason="card_closed")
        return RefundOutcome(
            state=RefundState.SUCCEEDED, refund_id=f"rf-{request.key}", amount=request.amount
        )


@dataclass(slots=True)
class DyingStore:
    """A store whose process dies after a number of writes, or right before one."""

    store: Store
    writes_left: int
    before: bool = False

    def reads(self) -> Reader:
        return self.store.reads()

    def answered(self, idempotency: IdempotencyKey) -> Answer | None:
        return self.store.answered(idempotency)

    def run(self, decide: Callable[[Reader], Decided[T]], *, context: Context) -> T:
        return self._one(lambda: self.store.run(decide, context=context))

    def run_unless_answered(
        self,
        decide: Callable[[Reader], Decided[T]],
        *,
        context: Context,
        idempotency: IdempotencyKey | None,
    ) -> T | Answer:
        known = None if idempotency is None else self.answered(idempotency)
        return known if known is not None else self.run(decide, context=context)

    def answer(
        self,
        decide: Callable[[Reader], Decided[T]],
        *,
        context: Context,
        render: Callable[[T], Answer],
        idempotency: IdempotencyKey | None,
    ) -> Answer:
        return self._one(
            lambda: self.store.answer(
                decide, context=context, render=render, idempotency=idempotency
            )
        )

    def _one(self, write: Callable[[], T]) -> T:
        if self.before and self.writes_left == 0:
            raise Killed("before a write")
        result = write()
        self.writes_left -= 1
        if not self.before and self.writes_left == 0:
            raise Killed("after a write")
        return result


def busy() -> TransientError:
    """What the table raises when DynamoDB throttles."""
    return TransientError("store_busy", "The store is busy; nothing was done.")

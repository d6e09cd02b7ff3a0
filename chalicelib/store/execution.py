"""Runs a decision as one transaction: read, decide, write; again where a race was lost.

Conflicts and throttles are ridden out with full jitter inside a budget of time. A lost answer of
the store is met by sending the same transaction under the same token; what was written stays
written once.
"""

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import uuid4

from chalicelib.core.clock import Clock, utc_now
from chalicelib.core.commands import Answer, Changes, Decided, IdempotencyKey
from chalicelib.core.errors import Conflict, DomainError, TransientError
from chalicelib.core.events import Context
from chalicelib.core.retry import retry
from chalicelib.inventory.model import Movement
from chalicelib.ledger.posting import posted
from chalicelib.returns.model import Return
from chalicelib.store import parts
from chalicelib.store.actions import (
    Action,
    balance_changes,
    put_answer,
    put_event,
    put_record,
)
from chalicelib.store.links import Links
from chalicelib.store.parts import LostRace
from chalicelib.store.plans import ACTIONS_MAX, plan_for
from chalicelib.store.reads import Reads, Replay
from chalicelib.store.table import Cancelled, Table
from chalicelib.store.traces import trace_changes

T = TypeVar("T")
BUDGET_S = 5.9
"""No attempt begins later. With one call that hangs to its time limit (4 s) a caller is answered
within ten seconds; API Gateway waits for 29, which leaves room for a payment provider."""
ROUNDS_MAX = 12
ATTEMPTS_MAX = 12
"""Of one transaction. Where 40 % meet contention, one in 60,000 meets it twelve times."""


class _Contended(Exception):
    """DynamoDB refused because somebody else was writing the same items at that moment."""


@dataclass(slots=True)
class Commands:
    """The one way to change anything. Sleeping, chance and clocks can be replaced in tests.

    `views` makes the table of the lists when first asked for: only decisions that look at a
    customer's history read it.
    """

    table: Table
    links: Links = field(default_factory=Links)
    views: Callable[[], Table] | None = None
    clock: Clock = utc_now
    budget_s: float = BUDGET_S
    actions_max: int = ACTIONS_MAX
    sleep: Callable[[float], object] = time.sleep
    chance: Callable[[], float] = random.random
    monotonic: Callable[[], float] = time.monotonic

    def reads(self) -> Reads:
        """Reads for a query."""
        return Reads(self.table, self.links, clock=self.clock, views=self.views)

    def answered(self, idempotency: IdempotencyKey) -> Answer | None:
        """What this request was told before; raises Invalid where its key named another one."""
        return self.reads().answer_to(idempotency)

    def run(self, decide: Callable[[Reads], Decided[T]], *, context: Context) -> T:
        """Decide and write; the result of the decision."""
        result, _ = self._rounds(decide, context, None, None)
        return result

    def run_unless_answered(
        self,
        decide: Callable[[Reads], Decided[T]],
        *,
        context: Context,
        idempotency: IdempotencyKey | None,
    ) -> T | Answer:
        """As `run`; where the request was answered before, that answer, and nothing is written."""
        try:
            result, _ = self._rounds(decide, context, None, idempotency)
        except Replay as replay:
            return replay.answer
        return result

    def answer(
        self,
        decide: Callable[[Reads], Decided[T]],
        *,
        context: Context,
        render: Callable[[T], Answer],
        idempotency: IdempotencyKey | None,
    ) -> Answer:
        """Decide and write, and remember the answer in the same transaction under its key."""
        try:
            _, answer = self._rounds(decide, context, render, idempotency)
        except Replay as replay:
            return replay.answer
        assert answer is not None, "a rendered command has an answer"
        return answer

    def _rounds(
        self,
        decide: Callable[[Reads], Decided[T]],
        context: Context,
        render: Callable[[T], Answer] | None,
        idempotency: IdempotencyKey | None,
    ) -> tuple[T, Answer | None]:
        deadline = self.monotonic() + self.budget_s
        for round_no in range(1, ROUNDS_MAX + 1):
            decided = self._decided(decide, idempotency, deadline)
            answer = render(decided.result) if render is not None else None
            try:
                self._write(decided.changes, context, answer, idempotency, deadline)
            except LostRace:
                wait_s = self.chance() * min(0.4, 0.02 * 2**round_no)
                if self.monotonic() + wait_s >= deadline:
                    raise TransientError("store_busy", "The time is up; try again.") from None
                self.sleep(wait_s)
                continue
            self._remember(decided.changes)
            return decided.result, answer
        raise Conflict("concurrent_change", "Others keep changing it; look again and retry.")

    def _remember(self, changes: Changes) -> None:
        """A return that this process wrote is found with its order in one read from now on."""
        for record in changes.records:
            if isinstance(record, Return):
                self.links.remember(record)

    def _decided(
        self,
        decide: Callable[[Reads], Decided[T]],
        idempotency: IdempotencyKey | None,
        deadline: float,
    ) -> Decided[T]:
        """The decision, on reads of this moment; a busy store is asked again.

        What is refused may have been done by this very request, sent twice at once: then the first
        one's answer is the answer of both.
        """

        def attempt() -> Decided[T]:
            reads = Reads(
                self.table,
                self.links,
                clock=self.clock,
                idempotency=idempotency,
                views=self.views,
            )
            decided = decide(reads)
            reads.ask_if_answered()
            return decided

        try:
            return self._riding_out(attempt, deadline)
        except TransientError:
            raise
        except DomainError:
            answer = None if idempotency is None else self.answered(idempotency)
            if answer is not None:
                raise Replay(answer) from None
            raise

    def _riding_out(self, call: Callable[[], T], deadline: float) -> T:
        """Again after throttles and conflicts, as long as the command's time allows."""
        return retry(
            call,
            retry_on=(_Contended, TransientError),
            budget_s=max(0.0, deadline - self.monotonic()),
            attempts_max=ATTEMPTS_MAX,
            # Contention is no trouble of the store; it has answered.
            may_retry=lambda exc: isinstance(exc, _Contended) or self.table.retries.take(),
            sleep=self.sleep,
            random=self.chance,
            monotonic=self.monotonic,
        )

    def _write(
        self,
        changes: Changes,
        context: Context,
        answer: Answer | None,
        idempotency: IdempotencyKey | None,
        deadline: float,
    ) -> None:
        changes = posted(changes)
        more: list[Action] = []
        if answer is not None and idempotency is not None:
            more.append(put_answer(self.table.name, idempotency, answer, self.clock()))
        actions = [*actions_for(self.table.name, changes), *more]
        if not actions:
            return
        if len(actions) <= self.actions_max:
            self._transact(actions, deadline)
            return
        plan = plan_for(
            self.table.name,
            changes,
            context.command_id,
            more,
            now=self.clock(),
            actions_max=self.actions_max,
        )
        token = uuid4().hex
        self._riding_out(lambda: parts.begin(self.table, plan, token), deadline)
        self._riding_out(lambda: parts.finish(self.table, plan.command_id), deadline)

    def _transact(self, actions: Sequence[Action], deadline: float) -> None:
        token = uuid4().hex
        requests: list[dict[str, Any]] = [action.request for action in actions]

        def attempt() -> None:
            try:
                self.table.transact(requests, token)
            except Cancelled as exc:
                _judge(actions, exc)

        try:
            self._riding_out(attempt, deadline)
        except _Contended as exc:
            raise TransientError("store_busy", "Too many write it at once; try again.") from exc


def actions_for(table: str, changes: Changes) -> list[Action]:
    """Every record and event as one action, and what movements change beside them."""
    actions = [put_record(table, record) for record in changes.records]
    actions += [put_event(table, event) for event in changes.events]
    movements = [record for record in changes.records if isinstance(record, Movement)]
    return actions + balance_changes(table, movements) + trace_changes(table, movements)


def _judge(actions: Sequence[Action], exc: Cancelled) -> None:
    """What a refused transaction means: a lost race, too little stock, or only contention.

    A stock condition that fails together with a version one is a lost race: decide anew first.
    """
    failed = [
        action
        for action, reason in zip(actions, exc.reasons, strict=True)
        if reason == "ConditionalCheckFailed"
    ]
    if any(action.on_failure != "stock" for action in failed):
        raise LostRace from exc
    if failed:
        raise parts.insufficient_stock(failed[0]) from exc
    raise _Contended from exc

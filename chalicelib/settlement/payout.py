"""Carrying out a settlement: store, call the provider, store what it said.

A process that dies anywhere in between leaves keys and pending amounts behind; the same request, or
a retry, asks the provider what became of each key before it sends anything again.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeVar

from chalicelib.core.clock import Clock, utc_now
from chalicelib.core.commands import Answer, Decided, IdempotencyKey
from chalicelib.core.events import Context
from chalicelib.returns.model import Return
from chalicelib.settlement.approving_refunds import approve_refund
from chalicelib.settlement.booking import UNDECIDED
from chalicelib.settlement.loading import settlement_id_for, settlement_of
from chalicelib.settlement.model import CHARGED_BACK, DISPUTED, Leg, LegState, Settlement
from chalicelib.settlement.outcomes import record_outcomes
from chalicelib.settlement.ports import (
    PaymentProvider,
    RefundOutcome,
    RefundRequest,
    RefundState,
)
from chalicelib.settlement.retrying import try_again
from chalicelib.settlement.starting import StartReader, start

T = TypeVar("T")
PROVIDER_TIMEOUT_S = 5.0
ALL_CALLS_S = 16.0
"""Of one command. Who asks has to be answered within the 28 seconds that the function has, and what
is known by then has to be booked; what was not asked for stays under way, and a retry goes on."""
_LAST_TIMEOUT_S = 1.0
"""What a call gets that begins when the time is up."""
_ANSWERS = frozenset({RefundState.SUCCEEDED, RefundState.DECLINED})
_NO_PROVIDER = RefundOutcome(state=RefundState.UNKNOWN, reason="provider_not_configured")
_NOT_SENT = {
    DISPUTED: RefundOutcome(state=RefundState.UNKNOWN, reason=DISPUTED),
    CHARGED_BACK: RefundOutcome(state=RefundState.DECLINED, reason=CHARGED_BACK),
}
"""What a leg without an answer is that its provider does not know, by why it is not sent any more:
its payment is disputed, or the bank gave it to the customer, which takes longer than any call."""


class CommandRunner(Protocol):
    """Runs one decision as one transaction."""

    def answer(
        self,
        decide: Callable[[StartReader], Decided[T]],
        *,
        context: Context,
        render: Callable[[T], Answer],
        idempotency: IdempotencyKey | None,
    ) -> Answer: ...

    def run_unless_answered(
        self,
        decide: Callable[[StartReader], Decided[T]],
        *,
        context: Context,
        idempotency: IdempotencyKey | None,
    ) -> T | Answer:
        """As `run`, unless the request was answered before: it is told what it was told, before it
        can make a new attempt. Raises Invalid where the key named another one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Payout:
    """Settles returns through providers, by name. Store credit is valid for `credit_days`."""

    commands: CommandRunner
    providers: Mapping[str, PaymentProvider]
    clock: Clock = utc_now
    monotonic: Callable[[], float] = time.monotonic
    credit_days: int | None = None

    def execute(
        self,
        return_id: str,
        context: Context,
        *,
        render: Callable[[Return], Answer],
        idempotency: IdempotencyKey | None,
    ) -> Answer:
        """Settle what is owed now. Sent again after a crash, it goes on where it stopped."""
        is_new = False

        def decide(reads: StartReader) -> Decided[Return]:
            nonlocal is_new
            decided = start(reads, return_id, context, credit_days=self.credit_days)
            is_new = bool(decided.changes.records)
            return decided

        ret = self.commands.run_unless_answered(decide, context=context, idempotency=idempotency)
        if isinstance(ret, Answer):
            return ret
        settlement = settlement_of(ret, settlement_id_for(ret, context))
        assert settlement is not None, "start stores the settlement of this command"
        return self._finish(settlement, context, render, idempotency, is_new=is_new)

    def retry(
        self,
        settlement_id: str,
        context: Context,
        *,
        render: Callable[[Return], Answer],
        idempotency: IdempotencyKey | None,
    ) -> Answer:
        """Resolve what is unknown by asking, and try declined legs again, for exactly the rest."""
        ret = self.commands.run_unless_answered(
            lambda reads: try_again(reads, settlement_id, context, credit_days=self.credit_days),
            context=context,
            idempotency=idempotency,
        )
        if isinstance(ret, Answer):
            return ret
        settlement = settlement_of(ret, settlement_id)
        assert settlement is not None, "try_again raises for an unknown settlement"
        return self._finish(settlement, context, render, idempotency)

    def approve(
        self,
        settlement_id: str,
        context: Context,
        *,
        render: Callable[[Return], Answer],
        idempotency: IdempotencyKey | None,
    ) -> Answer:
        """Send what a second person agrees to. Sent again after a crash, it goes on."""
        is_new = False

        def decide(reads: StartReader) -> Decided[Return]:
            nonlocal is_new
            decided = approve_refund(reads, settlement_id, context, credit_days=self.credit_days)
            is_new = bool(decided.changes.records)
            return decided

        ret = self.commands.run_unless_answered(decide, context=context, idempotency=idempotency)
        if isinstance(ret, Answer):
            return ret
        settlement = settlement_of(ret, settlement_id)
        assert settlement is not None, "approve_refund raises for an unknown settlement"
        return self._finish(settlement, context, render, idempotency, is_new=is_new)

    def _finish(
        self,
        settlement: Settlement,
        context: Context,
        render: Callable[[Return], Answer],
        idempotency: IdempotencyKey | None,
        *,
        is_new: bool = False,
    ) -> Answer:
        """`is_new`: this very call wrote (or released) it, so nobody can have sent any of its keys.

        Only one can have written it: of two that race, the other finds it there and asks first.
        """
        outcomes: dict[str, RefundOutcome] = {}
        deadline = self.monotonic() + ALL_CALLS_S
        undecided = [leg for leg in settlement.legs if leg.state in UNDECIDED]
        # What was asked for in vain comes last: a provider that hangs keeps no other waiting.
        for leg in sorted(undecided, key=lambda leg: leg.state is LegState.UNKNOWN):
            if deadline - self.monotonic() < PROVIDER_TIMEOUT_S:
                break
            ask = self._sent if is_new else self._settle
            outcomes[leg.key] = ask(leg, settlement, deadline)
        later = Context(
            actor=context.actor,
            now=max(context.now, self.clock()),
            command_id=f"{context.command_id}.outcome",
            correlation_id=context.correlation_id,
        )
        return self.commands.answer(
            lambda reads: record_outcomes(reads, settlement.settlement_id, outcomes, later),
            context=later,
            render=render,
            idempotency=idempotency,
        )

    def _settle(self, leg: Leg, settlement: Settlement, deadline: float) -> RefundOutcome:
        """Ask first, because the leg may have been sent before; send where it never was.

        Nothing is sent to a payment that is disputed.
        """
        provider = self.providers.get(leg.provider)
        if provider is None:
            return _NO_PROVIDER
        known = self._asked(provider, leg, deadline)
        if known.state is not RefundState.NOT_FOUND:
            return known
        return _NOT_SENT.get(leg.reason or "") or self._sent(leg, settlement, deadline)

    def _sent(self, leg: Leg, settlement: Settlement, deadline: float) -> RefundOutcome:
        provider = self.providers.get(leg.provider)
        if provider is None:
            return _NO_PROVIDER
        request = RefundRequest(
            key=leg.key,
            payment_id=leg.payment_id,
            provider_ref=leg.provider_ref,
            amount=leg.amount,
            settlement_id=settlement.settlement_id,
            reason="customer return",
        )
        outcome = provider.refund(request, timeout_s=self._left(deadline))
        if outcome.state is not RefundState.UNKNOWN:
            return outcome
        # A lost answer is resolved by asking, never by guessing; NOT_FOUND may still arrive.
        found = self._asked(provider, leg, deadline)
        return found if found.state in _ANSWERS else outcome

    def _asked(self, provider: PaymentProvider, leg: Leg, deadline: float) -> RefundOutcome:
        """What became of its key, and of the payment that it was sent to."""
        return provider.find(
            leg.key,
            timeout_s=self._left(deadline),
            provider_ref=leg.provider_ref or leg.payment_id,
        )

    def _left(self, deadline: float) -> float:
        return min(PROVIDER_TIMEOUT_S, max(deadline - self.monotonic(), _LAST_TIMEOUT_S))

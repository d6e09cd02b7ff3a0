"""Carrying out a settlement: store, call the provider, store what it said.

A process that dies anywhere in between leaves keys and pending amounts behind; the same request, or
a retry, asks the provider what became of each key before it sends anything again.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeVar

from chalicelib.core.clock import Clock, utc_now
from chalicelib.core.commands import Answer, Decided, IdempotencyKey
from chalicelib.core.events import Context
from chalicelib.returns.model import Return
from chalicelib.settlement.booking import (
    UNDECIDED,
    SettlementReader,
    record_outcomes,
    settlement_id_for,
    settlement_of,
    start,
    try_again,
)
from chalicelib.settlement.model import Leg, Settlement
from chalicelib.settlement.ports import (
    PaymentProvider,
    RefundOutcome,
    RefundRequest,
    RefundState,
)

T = TypeVar("T")
PROVIDER_TIMEOUT_S = 5.0


class CommandRunner(Protocol):
    """Runs one decision as one transaction."""

    def run(self, decide: Callable[[SettlementReader], Decided[T]], *, context: Context) -> T: ...

    def answer(
        self,
        decide: Callable[[SettlementReader], Decided[T]],
        *,
        context: Context,
        render: Callable[[T], Answer],
        idempotency: IdempotencyKey | None,
    ) -> Answer: ...

    def answered(self, idempotency: IdempotencyKey) -> Answer | None:
        """What this request was told before; raises Invalid where the key named another one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Payout:
    """Settles returns through providers, by name."""

    commands: CommandRunner
    providers: Mapping[str, PaymentProvider]
    clock: Clock = utc_now

    def execute(
        self,
        return_id: str,
        context: Context,
        *,
        render: Callable[[Return], Answer],
        idempotency: IdempotencyKey | None,
    ) -> Answer:
        """Settle what is owed now. Sent again after a crash, it goes on where it stopped."""
        known = self._known(idempotency)
        if known is not None:
            return known
        ret = self.commands.run(lambda reads: start(reads, return_id, context), context=context)
        settlement = settlement_of(ret, settlement_id_for(ret, context))
        assert settlement is not None, "start stores the settlement of this command"
        return self._finish(settlement, context, render, idempotency)

    def retry(
        self,
        settlement_id: str,
        context: Context,
        *,
        render: Callable[[Return], Answer],
        idempotency: IdempotencyKey | None,
    ) -> Answer:
        """Resolve what is unknown by asking, and try declined legs again, for exactly the rest."""
        known = self._known(idempotency)
        if known is not None:
            return known
        ret = self.commands.run(
            lambda reads: try_again(reads, settlement_id, context), context=context
        )
        settlement = settlement_of(ret, settlement_id)
        assert settlement is not None, "try_again raises for an unknown settlement"
        return self._finish(settlement, context, render, idempotency)

    def _known(self, idempotency: IdempotencyKey | None) -> Answer | None:
        """A repeated request is told what it was told, before it can make a new attempt."""
        return None if idempotency is None else self.commands.answered(idempotency)

    def _finish(
        self,
        settlement: Settlement,
        context: Context,
        render: Callable[[Return], Answer],
        idempotency: IdempotencyKey | None,
    ) -> Answer:
        outcomes = {
            leg.key: self._settle(leg, settlement)
            for leg in settlement.legs
            if leg.state in UNDECIDED
        }
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

    def _settle(self, leg: Leg, settlement: Settlement) -> RefundOutcome:
        """Ask first where the leg may have been sent before; send where it never was."""
        provider = self.providers.get(leg.provider)
        if provider is None:
            return RefundOutcome(state=RefundState.UNKNOWN, reason="provider_not_configured")
        known = provider.find(leg.key, timeout_s=PROVIDER_TIMEOUT_S)
        if known.state is not RefundState.NOT_FOUND:
            return known
        request = RefundRequest(
            key=leg.key,
            payment_id=leg.payment_id,
            provider_ref=leg.provider_ref,
            amount=leg.amount,
            settlement_id=settlement.settlement_id,
            reason="customer return",
        )
        outcome = provider.refund(request, timeout_s=PROVIDER_TIMEOUT_S)
        if outcome.state is RefundState.UNKNOWN:
            return self._asked_again(provider, leg, outcome)
        return outcome

    def _asked_again(
        self, provider: PaymentProvider, leg: Leg, outcome: RefundOutcome
    ) -> RefundOutcome:
        """A lost answer is resolved by asking, never by guessing; NOT_FOUND may still arrive."""
        found = provider.find(leg.key, timeout_s=PROVIDER_TIMEOUT_S)
        if found.state in (RefundState.SUCCEEDED, RefundState.DECLINED):
            return found
        return outcome

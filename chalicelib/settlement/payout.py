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
_NO_PROVIDER = RefundOutcome(state=RefundState.UNKNOWN, reason="provider_not_configured")


class CommandRunner(Protocol):
    """Runs one decision as one transaction."""

    def answer(
        self,
        decide: Callable[[SettlementReader], Decided[T]],
        *,
        context: Context,
        render: Callable[[T], Answer],
        idempotency: IdempotencyKey | None,
    ) -> Answer: ...

    def run_unless_answered(
        self,
        decide: Callable[[SettlementReader], Decided[T]],
        *,
        context: Context,
        idempotency: IdempotencyKey | None,
    ) -> T | Answer:
        """As `run`, unless the request was answered before: it is told what it was told, before it
        can make a new attempt. Raises Invalid where the key named another one."""


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
        is_new = False

        def decide(reads: SettlementReader) -> Decided[Return]:
            nonlocal is_new
            decided = start(reads, return_id, context)
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
            lambda reads: try_again(reads, settlement_id, context),
            context=context,
            idempotency=idempotency,
        )
        if isinstance(ret, Answer):
            return ret
        settlement = settlement_of(ret, settlement_id)
        assert settlement is not None, "try_again raises for an unknown settlement"
        return self._finish(settlement, context, render, idempotency)

    def _finish(
        self,
        settlement: Settlement,
        context: Context,
        render: Callable[[Return], Answer],
        idempotency: IdempotencyKey | None,
        *,
        is_new: bool = False,
    ) -> Answer:
        """`is_new`: this very call wrote the settlement, so nobody can have sent any of its keys.

        Only one can have written it: of two that race, the other finds it there and asks first.
        """
        outcomes = {
            leg.key: self._sent(leg, settlement) if is_new else self._settle(leg, settlement)
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
        """Ask first, because the leg may have been sent before; send where it never was."""
        provider = self.providers.get(leg.provider)
        if provider is None:
            return _NO_PROVIDER
        known = provider.find(leg.key, timeout_s=PROVIDER_TIMEOUT_S)
        if known.state is not RefundState.NOT_FOUND:
            return known
        return self._sent(leg, settlement)

    def _sent(self, leg: Leg, settlement: Settlement) -> RefundOutcome:
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

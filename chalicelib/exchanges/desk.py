"""Where exchanges meet whoever makes payment links: store the key, ask, store what was said.

A process that dies anywhere in between leaves the key behind, under which the same request asks
again. An answer that is not understood is no answer: the caller is told to send the request again.
What a provider's message says is only a reason to ask it.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeVar

from chalicelib.core.clock import Clock, utc_now
from chalicelib.core.commands import Answer, Decided, IdempotencyKey
from chalicelib.core.errors import Conflict, TransientError
from chalicelib.core.events import Context
from chalicelib.exchanges.model import Exchange, LinkState, PaymentLink
from chalicelib.exchanges.paying import ask_link, note_link
from chalicelib.exchanges.ports import (
    ExchangeReader,
    LinkAnswer,
    LinkOutcome,
    LinkRequest,
    PaymentLinks,
)

T = TypeVar("T")
LINK_TIMEOUT_S = 4.0
Scope = Callable[[Any], ExchangeReader]
"""The reader as the caller may use it. Any: the store's own reader."""
_OVER = frozenset({LinkState.PAID, LinkState.EXPIRED})


def _unscoped(reads: ExchangeReader) -> ExchangeReader:
    return reads


class CommandRunner(Protocol):
    """Runs one decision as one transaction."""

    def reads(self) -> ExchangeReader: ...

    def run(self, decide: Callable[[ExchangeReader], Decided[T]], *, context: Context) -> T: ...

    def answer(
        self,
        decide: Callable[[ExchangeReader], Decided[T]],
        *,
        context: Context,
        render: Callable[[T], Answer],
        idempotency: IdempotencyKey | None,
    ) -> Answer: ...

    def run_unless_answered(
        self,
        decide: Callable[[ExchangeReader], Decided[T]],
        *,
        context: Context,
        idempotency: IdempotencyKey | None,
    ) -> T | Answer: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentDesk:
    """Links by which customers pay what a replacement costs more. `links` None: none are made, and
    what was paid is stated by people."""

    commands: CommandRunner
    links: PaymentLinks | None
    clock: Clock = utc_now

    def link(
        self,
        exchange_id: str,
        context: Context,
        *,
        render: Callable[[Exchange], Answer],
        idempotency: IdempotencyKey | None,
        scope: Scope = _unscoped,
    ) -> Answer:
        """The link that can be paid now; a new one where the last has expired.

        Raises TransientError where the provider's answer is not known.
        """
        links = self._links()
        asked = self.commands.run_unless_answered(
            lambda reads: ask_link(scope(reads), exchange_id, links.name, context),
            context=context,
            idempotency=idempotency,
        )
        if isinstance(asked, Answer):
            return asked
        outcome = self._outcome(links, asked)
        if outcome.state is LinkAnswer.EXPIRED:
            self._noted(asked, outcome, self._later(context, "expired"))
            again = self._later(context, "again")
            asked = self.commands.run(
                lambda reads: ask_link(reads, exchange_id, links.name, again), context=again
            )
            outcome = self._outcome(links, asked)
        link = asked.link
        if link is None or outcome.state not in (LinkAnswer.OPEN, LinkAnswer.PAID):
            raise TransientError(
                "payment_link_unknown", "The provider did not answer; send the request again."
            )
        later = self._later(context, "outcome")
        return self.commands.answer(
            lambda reads: note_link(reads, exchange_id, link.key, outcome, later),
            context=later,
            render=render,
            idempotency=idempotency,
        )

    def check(self, exchange_id: str, context: Context) -> Exchange | None:
        """Ask what became of an exchange's link, and book it; None: there is nothing to ask."""
        exchange, _ = self.commands.reads().exchange_and_return(exchange_id)
        if exchange is None or self.links is None:
            return None
        link = exchange.link
        if link is None or link.state in _OVER or link.provider != self.links.name:
            return None
        outcome = self.links.find(link.key, timeout_s=LINK_TIMEOUT_S)
        return self._noted(exchange, outcome, self._later(context, "outcome"))

    def told(self, provider: str, body: bytes, context: Context) -> Exchange | None:
        """Ask about the link that a provider's message names; None: it names none of ours."""
        if self.links is None or self.links.name != provider:
            return None
        key = self.links.key_in(body)
        if key is None:
            return None
        exchange, _ = self.commands.reads().exchange_and_return(exchange_id_of(key))
        return self.check(exchange_id_of(key), context) or exchange

    def _links(self) -> PaymentLinks:
        if self.links is None:
            raise Conflict(
                "no_payment_links",
                "No provider makes payment links here: state what was paid, with its proof.",
            )
        return self.links

    def _outcome(self, links: PaymentLinks, exchange: Exchange) -> LinkOutcome:
        """Ask first, because the link may be there already; ask for it where it never was."""
        link = exchange.link
        assert link is not None, "its key was just stored"
        known = links.find(link.key, timeout_s=LINK_TIMEOUT_S)
        if known.state is not LinkAnswer.NOT_FOUND:
            return _believed(known, link)
        request = LinkRequest(key=link.key, amount=link.amount, description=exchange.return_number)
        made = links.create(request, timeout_s=LINK_TIMEOUT_S)
        if made.state is LinkAnswer.UNKNOWN:
            made = links.find(link.key, timeout_s=LINK_TIMEOUT_S)
        return _believed(made, link)

    def _noted(self, exchange: Exchange, outcome: LinkOutcome, context: Context) -> Exchange:
        link = exchange.link
        assert link is not None, "an outcome is of a link"
        return self.commands.run(
            lambda reads: note_link(reads, exchange.exchange_id, link.key, outcome, context),
            context=context,
        )

    def _later(self, context: Context, step: str) -> Context:
        return replace(
            context,
            now=max(context.now, self.clock()),
            command_id=f"{context.command_id}.{step}",
            expected_version=None,
        )


def exchange_id_of(key: str) -> str:
    """The exchange that a link's key names: what a provider's message is about."""
    return key.partition(":")[0]


def _believed(outcome: LinkOutcome, link: PaymentLink) -> LinkOutcome:
    """The answer, unless it is about another amount than was asked for."""
    if outcome.amount is None or outcome.amount == link.amount:
        return outcome
    return LinkOutcome(state=LinkAnswer.UNKNOWN, reason="amount_mismatch")

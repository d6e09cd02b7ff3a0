"""What a replacement costs more is paid before it is sent: by a link, or as a person proves it.

A link's key is stored before its provider is called, and only the provider's word ends a link: a
lost answer is asked for again by the same key. Money that comes for an exchange which does not
need it any more is booked all the same, and owed back. No stored card is ever charged.
"""

from dataclasses import dataclass, replace

from chalicelib.core.clock import rfc3339
from chalicelib.core.commands import Changes, Decided
from chalicelib.core.errors import Conflict, FieldError, Invalid
from chalicelib.core.events import Context, Journal, Json
from chalicelib.core.money import Money
from chalicelib.exchanges.model import (
    Exchange,
    ExchangeState,
    LinkState,
    PaidOnTop,
    PaymentLink,
)
from chalicelib.exchanges.on_top import PAID_ON_TOP, exchanged_facts, owed_on_top
from chalicelib.exchanges.ports import ExchangeReader, LinkAnswer, LinkOutcome
from chalicelib.exchanges.pricing import state_of_promise
from chalicelib.exchanges.promising import facts
from chalicelib.exchanges.sending import found, loaded
from chalicelib.returns.closing import reopened_by_news
from chalicelib.returns.facts import header, money
from chalicelib.returns.model import Return


@dataclass(frozen=True, slots=True, kw_only=True)
class Paid:
    """What somebody proves was paid, to the cent: `reference` is that of the payment."""

    amount: Money
    reference: str


def ask_link(
    reads: ExchangeReader, exchange_id: str, provider: str, context: Context
) -> Decided[Exchange]:
    """Store the key of a link for what is to be paid; one that can still be paid stays.

    Asking again is harmless, at whatever version: a link is asked for anew only after its provider
    ended the last one.
    """
    known, _ = loaded(reads, exchange_id)
    is_there = known.link is not None and known.link.state is not LinkState.EXPIRED
    if is_there and known.state is ExchangeState.AWAITING_PAYMENT:
        return Decided(result=known)
    exchange, _ = found(reads, exchange_id, "payment-link", context)
    link, due = exchange.link, exchange.costs_more
    assert due is not None, "what waits for a payment costs more"
    attempt = 1 if link is None else link.attempt + 1
    asked = PaymentLink(
        key=f"{exchange_id}:{attempt}",
        provider=provider,
        amount=due,
        attempt=attempt,
        asked_at=context.now,
    )
    return _written(exchange, "exchange.link_asked", context, link=asked)


def note_link(
    reads: ExchangeReader, exchange_id: str, key: str, outcome: LinkOutcome, context: Context
) -> Decided[Exchange]:
    """Book what the provider said of a link. Without an answer nothing changes: it is asked again.

    An answer about another amount is no answer, a payment that came late is owed back.
    """
    exchange, ret = loaded(reads, exchange_id)
    link = exchange.link
    if link is None or link.key != key or link.state is LinkState.PAID:
        return Decided(result=exchange)
    if outcome.amount is not None and outcome.amount != link.amount:
        return Decided(result=exchange)
    match outcome.state:
        case LinkAnswer.PAID if outcome.reference is not None and outcome.amount is not None:
            proof = Paid(amount=outcome.amount, reference=outcome.reference)
            link = replace(link, state=LinkState.PAID, reference=outcome.reference)
            return _paid(replace(exchange, link=link), ret, proof, context)
        case LinkAnswer.OPEN:
            known = replace(
                link,
                state=LinkState.OPEN,
                url=outcome.url,
                reference=outcome.reference,
                expires_at=outcome.expires_at,
            )
        case LinkAnswer.EXPIRED:
            known = replace(link, state=LinkState.EXPIRED)
        case _:
            return Decided(result=exchange)
    if known == link:
        return Decided(result=exchange)
    is_open = known.state is LinkState.OPEN
    event_type = "exchange.link_made" if is_open else "exchange.link_expired"
    return _written(exchange, event_type, context, link=known)


def state_paid(
    reads: ExchangeReader, exchange_id: str, command: Paid, context: Context
) -> Decided[Exchange]:
    """Finance or a machine states what was paid: exactly the difference, or Conflict.

    The same payment stated again changes nothing.
    """
    if not command.reference.strip():
        fault = FieldError(pointer="/reference", code="proof_required", message="Name the payment.")
        raise Invalid("proof_required", "A payment needs its reference.", errors=[fault])
    known, _ = loaded(reads, exchange_id)
    if known.paid is not None and known.paid.reference == command.reference:
        return Decided(result=known)
    exchange, ret = found(reads, exchange_id, "paid", context)
    due = exchange.costs_more
    if command.amount != due:
        raise Conflict(
            "amount_differs",
            f"{due} is to be paid, not {command.amount}.",
            exchange_id=exchange_id,
            due=money(due) if due is not None else None,
        )
    return _paid(exchange, ret, command, context)


def remind(reads: ExchangeReader, exchange_id: str, context: Context) -> Decided[Exchange]:
    """Say once that the difference is still to be paid; nothing where it is not time."""
    exchange, _ = loaded(reads, exchange_id)
    is_time = exchange.remind_at is not None and exchange.remind_at <= context.now
    if exchange.state is not ExchangeState.AWAITING_PAYMENT or exchange.reminded_at or not is_time:
        return Decided(result=exchange)
    return _written(exchange, "exchange.payment_reminded", context, reminded_at=context.now)


def _paid(exchange: Exchange, ret: Return, proof: Paid, context: Context) -> Decided[Exchange]:
    """The exchange may be sent, or its money is owed back where nothing is to be sent any more."""
    before = exchange.paid.amount if exchange.paid else Money.zero(proof.amount.currency)
    paid = PaidOnTop(
        amount=before + proof.amount,
        reference=proof.reference,
        paid_at=context.now,
        stated_by=context.actor.id,
    )
    after = replace(exchange, paid=paid, updated_at=context.now, version=exchange.version + 1)
    if exchange.state is ExchangeState.AWAITING_PAYMENT:
        after = replace(after, state=state_of_promise(after))
    journal = Journal(exchange.subject, exchange.chain, context)
    journal.record(
        "exchange.paid",
        facts(after, None, amount=money(proof.amount), reference=proof.reference),
    )
    after = replace(after, chain=journal.chain)
    ret, tasks = owed_on_top(ret, after, context)
    ret = replace(ret, version=ret.version + 1, updated_at=context.now)
    told = Journal(ret.subject, ret.chain, context)
    nothing = Money.zero(ret.currency)
    booked = exchanged_facts(after, value=nothing, price=proof.amount, charged_to=proof.reference)
    told.record("settlement.exchanged", {**header(ret), **booked})
    ret = reopened_by_news(ret, told, PAID_ON_TOP)
    return Decided(
        result=after,
        changes=Changes(records=(after, ret, *tasks), events=(*journal.events, *told.events)),
    )


def _written(
    exchange: Exchange, event_type: str, context: Context, **changes: object
) -> Decided[Exchange]:
    """The exchange at its next version, with one event. `changes` are fields of Exchange."""
    after = replace(
        exchange,
        updated_at=context.now,
        version=exchange.version + 1,
        **changes,  # type: ignore[arg-type]  # fields by name
    )
    journal = Journal(exchange.subject, exchange.chain, context)
    journal.record(event_type, facts(after, None, **_link_facts(after)))
    after = replace(after, chain=journal.chain)
    return Decided(result=after, changes=Changes(records=(after,), events=tuple(journal.events)))


def _link_facts(exchange: Exchange) -> dict[str, Json]:
    """Whose link for how much, and until when; its address is for the customer alone."""
    link, due_at = exchange.link, exchange.payment_due_at
    return {
        "due_at": rfc3339(due_at) if due_at is not None else None,
        "provider": link.provider if link is not None else None,
        "amount": money(link.amount) if link is not None else None,
        "attempt": link.attempt if link is not None else None,
    }

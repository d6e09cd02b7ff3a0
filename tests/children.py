"""Exchanges and claims in one line, through any store."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from chalicelib.claims import deciding, opening
from chalicelib.claims.model import Claim, ClaimReason, Denial, Remedy
from chalicelib.core.commands import Changes, Decided
from chalicelib.core.money import Money
from chalicelib.core.runs import Runs
from chalicelib.exchanges import ending, sending, unexchanging
from chalicelib.exchanges.model import Exchange
from chalicelib.returns import review
from chalicelib.returns.model import Resolution, Return
from chalicelib.returns.wishes import RequestedLine
from tests.builders import Shop, eur, wish


def swap(
    quantity: int = 1, line_no: str = "1", for_: str | None = None, price: int | None = 1000
) -> RequestedLine:
    """A wish for other goods in place of those that come back; `price` of one, None: not said."""
    stated = eur(price) if for_ is not None and price is not None else None
    return wish(
        quantity,
        line_no,
        resolution=Resolution.EXCHANGE,
        exchange_for=for_,
        exchange_price=stated,
    )


def approves(
    shop: Shop, ret: Return, *without: str, prices: Mapping[str, Money] | None = None
) -> Return:
    """Approve all that is pending; lines in `without` are paid back instead."""
    command = review.Approve(without_replacement=without, replacement_prices=prices or {})
    return shop.do(lambda reads, context: review.approve(reads, ret.return_id, command, context))


def exchange_of(shop: Shop, ret: Return, line_no: str = "1") -> Exchange:
    """The latest exchange of a line, as it is stored now."""
    line = shop.now_is(ret).line(line_no)
    assert line is not None, "a line of the return"
    assert line.exchange_id is not None, "it was approved with a replacement"
    found = shop.store.reads().exchange(line.exchange_id)
    assert found is not None, "a line names its exchange"
    return found


def ships(shop: Shop, exchange: Exchange, **more: Any) -> Exchange:
    command = sending.Ship(**more)
    return shop.do(
        lambda reads, context: sending.ship(reads, exchange.exchange_id, command, context)
    )


def fulfils(shop: Shop, exchange: Exchange) -> Exchange:
    return shop.do(lambda reads, context: sending.fulfil(reads, exchange.exchange_id, context))


def cancels(shop: Shop, exchange: Exchange, reason: str = "CUSTOMER_WISH") -> Exchange:
    command = sending.Cancel(reason=reason)
    return shop.do(
        lambda reads, context: sending.cancel(reads, exchange.exchange_id, command, context)
    )


def unexchanges(shop: Shop, exchange: Exchange, quantity: int | None = None) -> Exchange:
    command = unexchanging.Unexchange(quantity=quantity)
    return shop.do(
        lambda reads, context: unexchanging.unexchange(
            reads, exchange.exchange_id, command, context
        )
    )


def ends(shop: Shop, ret: Return, units: Runs, line_no: str = "1") -> Return:
    """What a command that releases units does with their exchanges, by itself."""

    def decide(reads: Any, context: Any) -> Decided[Return]:
        before = reads.return_(ret.return_id)
        ended = ending.released_exchanges(reads, before, {line_no: units}, context)
        after = replace(ended.ret, version=ended.ret.version + 1)
        return Decided(result=after, changes=Changes(records=(after,)) + ended.changes)

    return shop.do(decide)


def claims(
    shop: Shop,
    quantity: int = 1,
    line_no: str = "1",
    *,
    order_no: str = "O-1",
    reason: ClaimReason = ClaimReason.MISSING_ITEM,
    wanted: Remedy = Remedy.REFUND,
    **more: Any,
) -> Claim:
    command = opening.OpenClaim(
        order_no=order_no,
        order_line_no=line_no,
        quantity=quantity,
        reason=reason,
        wanted=wanted,
        **more,
    )
    return shop.do(lambda reads, context: opening.open_claim(reads, command, context))


def grants(shop: Shop, claim: Claim) -> Claim:
    return shop.do(lambda reads, context: deciding.approve(reads, claim.claim_id, context))


def denies(shop: Shop, claim: Claim, code: Denial = Denial.NO_EVIDENCE) -> Claim:
    command = deciding.Deny(code=code)
    return shop.do(lambda reads, context: deciding.deny(reads, claim.claim_id, command, context))


def resolves(shop: Shop, claim: Claim, outcome: Remedy = Remedy.REFUND) -> Claim:
    return shop.do(lambda reads, context: deciding.resolve(reads, claim.claim_id, outcome, context))


def withdraws(shop: Shop, claim: Claim) -> Claim:
    return shop.do(lambda reads, context: deciding.cancel(reads, claim.claim_id, context))


def claim_now(shop: Shop, claim: Claim) -> Claim:
    found, _, _ = shop.store.reads().claim_of(claim.claim_id)
    assert found is not None, "claims do not vanish"
    return found

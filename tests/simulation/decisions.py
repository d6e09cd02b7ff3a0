"""Each step as the use case that carries it out, and what it is given."""

from collections.abc import Callable, Iterable
from typing import Any

from chalicelib.core.commands import Decided
from chalicelib.core.events import Context
from chalicelib.core.money import Money
from chalicelib.exchanges.pricing import Stated
from chalicelib.liability.model import Liable
from chalicelib.returns import (
    appealing,
    asking,
    closing,
    disposing,
    editing,
    ending,
    inspecting,
    losing,
    receiving,
    reinspecting,
    reopening,
    repairing,
    requesting,
    resolving,
    review,
    rulings,
    scanning,
    shipping,
    shipping_back,
    short_closing,
)
from chalicelib.returns.exceptions import ResolutionKind
from chalicelib.returns.model import (
    AppealAgainst,
    DeadlineKind,
    Disposition,
    FaultParty,
    Grade,
    InspectionResult,
    Method,
    Resolution,
)
from chalicelib.returns.scrapping import ALWAYS_ALONE, SecondAbove
from chalicelib.returns.selection import NamedQuantity
from chalicelib.returns.wishes import RequestedLine, RequestReturn
from chalicelib.shipping import news
from chalicelib.shipping.tracking import CarrierNews, CarrierStatus
from tests.builders import wish
from tests.fake_reads import Reader
from tests.simulation.decisions_of_goods import OF_GOODS
from tests.simulation.decisions_of_money import OF_MONEY, Decide, Ids
from tests.simulation.decisions_of_swaps import OF_SWAPS
from tests.simulation.steps import AS_CREDIT, TO_REPAIR, Step

WITHOUT_GOODS = {AS_CREDIT: Resolution.STORE_CREDIT, TO_REPAIR: Resolution.REPAIR}


def _wishes(told: Iterable[tuple[str, int, str, str | None]]) -> tuple[RequestedLine, ...]:
    return tuple(
        wish(
            quantity,
            line_no,
            reason=reason,
            note="It does not work." if reason == "OTHER" else None,
            **wanted_instead(wanted),
        )
        for line_no, quantity, reason, wanted in told
    )


def wanted_instead(wanted: str | None) -> dict[str, Any]:
    """What a wish says that is not about money: other goods, credit, or a repair."""
    if wanted is None:
        return {}
    if wanted in WITHOUT_GOODS:
        return {"resolution": WITHOUT_GOODS[wanted]}
    sku, _, price = wanted.partition("@")
    return {
        "resolution": Resolution.EXCHANGE,
        "exchange_for": sku,
        "exchange_price": Money(int(price), "EUR") if price.isdecimal() else None,
        "exchange_even": not price,
    }


def _ask(ids: Ids, step: Step) -> Decide:
    command = RequestReturn(
        order_no=step.given["order"],
        lines=_wishes(step.given["wishes"]),
        submit=step.given["submit"],
    )
    return lambda reads, context: requesting.create(reads, command, context)


def _submit(ids: Ids, step: Step) -> Decide:
    return lambda reads, context: requesting.submit(reads, ids[step.target], context)


def _approve(ids: Ids, step: Step) -> Decide:
    lines = step.given.get("lines")
    quantities = None
    if lines is not None:
        quantities = tuple(
            review.ApprovedQuantity(line_no=line_no, quantity=quantity)
            for line_no, quantity in lines.items()
        )
    prices = step.given.get("prices") or {}
    command = review.Approve(
        lines=quantities,
        replacement_prices={no: Money(one, "EUR") for no, one in prices.items() if one is not None},
        even_replacements=tuple(no for no, one in prices.items() if one is None),
    )
    return lambda reads, context: review.approve(reads, ids[step.target], command, context)


def _reject(ids: Ids, step: Step) -> Decide:
    command = review.Reject(code="NOT_ELIGIBLE")
    return lambda reads, context: review.reject(reads, ids[step.target], command, context)


def _receive(ids: Ids, step: Step) -> Decide:
    items = tuple(
        receiving.ReceivedItem(sku=sku, quantity=quantity) for sku, quantity in step.given["items"]
    )
    command = receiving.Receive(warehouse=step.given["warehouse"], items=items)
    return lambda reads, context: receiving.receive(reads, ids[step.target], command, context)


def _inspect(ids: Ids, step: Step) -> Decide:
    groups = tuple(
        inspecting.InspectedGroup(
            line_no=line_no,
            quantity=quantity,
            grade=Grade(grade),
            result=InspectionResult(result),
            accept_credit=credit,
        )
        for line_no, quantity, grade, result, credit in step.given["groups"]
    )
    command = inspecting.Inspect(groups=groups)
    return lambda reads, context: inspecting.inspect(reads, ids[step.target], command, context)


def _dispose(ids: Ids, step: Step) -> Decide:
    items = tuple(
        disposing.DisposedItem(
            line_no=line_no,
            quantity=quantity,
            disposition=Disposition(way),
            origin=None if origin == "UNDECIDED" else Disposition(origin),
        )
        for line_no, quantity, way, origin in step.given["items"]
    )
    command = disposing.Dispose(items=items)
    limits = SecondAbove({"EUR": -1}) if step.given.get("second") else ALWAYS_ALONE
    return lambda reads, context: disposing.dispose(
        reads, ids[step.target], command, context, limits
    )


def _close(ids: Ids, step: Step) -> Decide:
    return lambda reads, context: closing.close(reads, ids[step.target], context)


def _edit(ids: Ids, step: Step) -> Decide:
    wishes = step.given.get("wishes")
    command = editing.Edit(
        lines=_wishes(wishes) if wishes is not None else None,
        method=Method(step.given["method"]) if "method" in step.given else None,
    )
    return lambda reads, context: editing.edit(reads, ids[step.target], command, context)


def _request_info(ids: Ids, step: Step) -> Decide:
    command = asking.RequestInfo(question="Which size is it?")
    return lambda reads, context: asking.request_info(reads, ids[step.target], command, context)


def _cancel(ids: Ids, step: Step) -> Decide:
    command = ending.Cancel(reason="KEEPS_IT", lines=_named(step))
    return lambda reads, context: ending.cancel(reads, ids[step.target], command, context)


def _expire(ids: Ids, step: Step) -> Decide:
    kind = DeadlineKind(step.given["kind"])
    return lambda reads, context: ending.expire(reads, ids[step.target], kind, context)


def _ship(ids: Ids, step: Step) -> Decide:
    command = shipping.Ship(carrier="dhl", tracking_no=f"T-{step.id}", lines=_named(step))
    return lambda reads, context: shipping.ship(reads, ids[step.target], command, context)


def _news(ids: Ids, step: Step) -> Decide:
    def decide(reads: Reader, context: Context) -> Decided[Any]:
        told = CarrierNews(
            event_id=step.id,
            carrier="dhl",
            tracking_no=f"T-{step.target}",
            status=CarrierStatus(step.given["status"]),
            occurred_at=context.now,
        )
        return news.take_news(reads, told, context)

    return decide


def _scan(ids: Ids, step: Step) -> Decide:
    ((sku, quantity),) = step.given["items"]

    def decide(reads: Reader, context: Context) -> Decided[Any]:
        ret = reads.return_(ids[step.target])
        assert ret is not None, "a label is printed for a return"
        seen = scanning.Scan(
            scan_id=step.id,
            device_id="scanner",
            seq=1,
            captured_at=context.now,
            warehouse=step.given["warehouse"],
            quantity=quantity,
            sku=sku,
            return_number=ret.number,
        )
        return scanning.take_scan(reads, seen, context)

    return decide


def _mark_lost(ids: Ids, step: Step) -> Decide:
    command = losing.MarkLost(
        reason="STOLEN",
        fault=FaultParty.CARRIER,
        lines=_named(step),
        accept_credit=step.given["credit"],
    )
    return lambda reads, context: losing.mark_lost(reads, ids[step.target], command, context)


def _short_close(ids: Ids, step: Step) -> Decide:
    command = short_closing.GiveUp(reason="NOT_SENT", lines=_named(step))
    return lambda reads, context: short_closing.short_close(
        reads, ids[step.target], command, context
    )


def _refuse(ids: Ids, step: Step) -> Decide:
    command = short_closing.GiveUp(reason="NOT_OURS", lines=_named(step))
    return lambda reads, context: short_closing.refuse(reads, ids[step.target], command, context)


def _reinspect(ids: Ids, step: Step) -> Decide:
    command = reinspecting.Reinspect(reason="WRONG_GRADE", lines=_named(step))
    return lambda reads, context: reinspecting.reinspect(reads, ids[step.target], command, context)


def _ship_back(ids: Ids, step: Step) -> Decide:
    command = shipping_back.ShipBack(reason="NOT_ACCEPTED", lines=_named(step) or ())
    return lambda reads, context: shipping_back.ship_back(reads, ids[step.target], command, context)


def _appeal(ids: Ids, step: Step) -> Decide:
    command = appealing.OpenAppeal(
        against=AppealAgainst(step.given["against"]),
        grounds="It is not as you say.",
        line_nos=tuple(step.given["lines"]),
    )
    return lambda reads, context: appealing.appeal(reads, ids[step.target], command, context)


def _decide(ids: Ids, step: Step) -> Decide:
    award = step.given.get("award")
    command = appealing.DecideAppeal(
        is_upheld=step.given["upheld"],
        answer="We looked again.",
        award=Money(award, "EUR") if award else None,
    )
    return_id, appeal_id = ids[step.given["of"]], ids[step.target]
    return lambda reads, context: appealing.decide(reads, return_id, appeal_id, command, context)


def _withdraw(ids: Ids, step: Step) -> Decide:
    return_id, appeal_id = ids[step.given["of"]], ids[step.target]
    return lambda reads, context: appealing.withdraw(reads, return_id, appeal_id, context)


def _reopen(ids: Ids, step: Step) -> Decide:
    command = reopening.Reopen(reason="CUSTOMER_ASKED", lines=_named(step))
    return lambda reads, context: reopening.reopen(reads, ids[step.target], command, context)


def _resolve(ids: Ids, step: Step) -> Decide:
    way, into = step.given["way"], step.given.get("into")
    command = rulings.Resolve(
        resolution=ResolutionKind(way),
        reason="As we saw it.",
        quantity=step.given.get("quantity"),
        accountable="ann" if way == "write_off" else None,
        return_ref=ids[into] if into else None,
        claim=rulings.ClaimAgainst(against=Liable.CARRIER) if way == "claim" else None,
    )
    return lambda reads, context: resolving.resolve(reads, ids[step.target], command, context)


def _repair(ids: Ids, step: Step) -> Decide:
    command = repairing.Repaired(lines=_named(step) or ())
    return lambda reads, context: repairing.repaired(reads, ids[step.target], command, context)


def _stated(step: Step) -> Stated:
    line_no, price = step.given["line"], step.given.get("price")
    if price is None:
        return Stated(even=(line_no,))
    return Stated(prices={line_no: Money(price, "EUR")})


def _not_repairable(ids: Ids, step: Step) -> Decide:
    wanted = step.given["wanted"]
    command = repairing.NotRepairable(
        line_no=step.given["line"],
        instead=Resolution.EXCHANGE if wanted else Resolution.REFUND,
        exchange_for=wanted,
        stated=_stated(step) if wanted else Stated(),
    )
    return lambda reads, context: repairing.not_repairable(
        reads, ids[step.target], command, context
    )


def _named(step: Step) -> tuple[NamedQuantity, ...] | None:
    lines = step.given.get("lines")
    if lines is None:
        return None
    return tuple(
        NamedQuantity(line_no=line_no, quantity=quantity) for line_no, quantity in lines.items()
    )


DECISIONS: dict[str, Callable[[Ids, Step], Decide]] = {
    **OF_MONEY,
    **OF_SWAPS,
    **OF_GOODS,
    "ask": _ask,
    "edit": _edit,
    "submit": _submit,
    "request-info": _request_info,
    "approve": _approve,
    "reject": _reject,
    "cancel": _cancel,
    "expire": _expire,
    "ship": _ship,
    "news": _news,
    "receive": _receive,
    "scan": _scan,
    "mark-lost": _mark_lost,
    "short-close": _short_close,
    "refuse": _refuse,
    "inspect": _inspect,
    "reinspect": _reinspect,
    "dispose": _dispose,
    "ship-back": _ship_back,
    "appeal": _appeal,
    "decide": _decide,
    "withdraw": _withdraw,
    "reopen": _reopen,
    "resolve": _resolve,
    "close": _close,
    "repair": _repair,
    "not-repairable": _not_repairable,
}
"""By the command of a step; sales and payouts are more than one decision."""

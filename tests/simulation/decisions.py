"""Each step as the use case that carries it out, and what it is given."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from chalicelib.claims import deciding, opening
from chalicelib.claims.model import ClaimReason, Denial, Remedy
from chalicelib.core.commands import Decided
from chalicelib.core.events import Context
from chalicelib.core.money import Money
from chalicelib.exchanges import sending, unexchanging
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
from chalicelib.returns.selection import NamedQuantity
from chalicelib.returns.wishes import RequestedLine, RequestReturn
from chalicelib.settlement import booking
from chalicelib.shipping import news
from chalicelib.shipping.tracking import CarrierNews, CarrierStatus
from tests.builders import wish
from tests.fake_reads import Reader
from tests.simulation.steps import Step

Decide = Callable[[Reader, Context], Decided[Any]]
"""Any: each use case has a result of its own."""
Ids = Mapping[str, str]


def _wishes(told: Iterable[tuple[str, int, str, str | None]]) -> tuple[RequestedLine, ...]:
    return tuple(
        wish(
            quantity,
            line_no,
            reason=reason,
            exchange_for=wanted,
            resolution=Resolution.EXCHANGE if wanted else Resolution.REFUND,
        )
        for line_no, quantity, reason, wanted in told
    )


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
    command = review.Approve(lines=quantities)
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
    return lambda reads, context: disposing.dispose(reads, ids[step.target], command, context)


def _confirm(ids: Ids, step: Step) -> Decide:
    payment_id, proof = step.given["payment"], f"proof of {step.id}"
    return lambda reads, context: booking.confirm(
        reads, ids[step.target], payment_id, proof, context
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


def _swap(ids: Ids, step: Step) -> Decide:
    def decide(reads: Reader, context: Context) -> Decided[Any]:
        exchange_id = ids[step.target]
        match step.command:
            case "ship-swap":
                return sending.ship(reads, exchange_id, sending.Ship(), context)
            case "fulfil-swap":
                return sending.fulfil(reads, exchange_id, context)
            case "cancel-swap":
                command = sending.Cancel(reason="CUSTOMER_WISH")
                return sending.cancel(reads, exchange_id, command, context)
            case _:
                back = unexchanging.Unexchange(quantity=step.given.get("quantity"))
                return unexchanging.unexchange(reads, exchange_id, back, context)

    return decide


def _claim(ids: Ids, step: Step) -> Decide:
    command = opening.OpenClaim(
        order_no=step.given["order"],
        order_line_no=step.given["line"],
        quantity=step.given["quantity"],
        reason=ClaimReason.DEFECTIVE,
        wanted=Remedy.REFUND,
    )
    return lambda reads, context: opening.open_claim(reads, command, context)


def _decide_claim(ids: Ids, step: Step) -> Decide:
    def decide(reads: Reader, context: Context) -> Decided[Any]:
        claim_id = ids[step.target]
        match step.command:
            case "approve-claim":
                return deciding.approve(reads, claim_id, context)
            case "deny-claim":
                command = deciding.Deny(code=Denial.NO_EVIDENCE)
                return deciding.deny(reads, claim_id, command, context)
            case "resolve-claim":
                return deciding.resolve(reads, claim_id, Remedy.REFUND, context)
            case _:
                return deciding.cancel(reads, claim_id, context)

    return decide


def _named(step: Step) -> tuple[NamedQuantity, ...] | None:
    lines = step.given.get("lines")
    if lines is None:
        return None
    return tuple(
        NamedQuantity(line_no=line_no, quantity=quantity) for line_no, quantity in lines.items()
    )


DECISIONS: dict[str, Callable[[Ids, Step], Decide]] = {
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
    "confirm": _confirm,
    "appeal": _appeal,
    "decide": _decide,
    "withdraw": _withdraw,
    "reopen": _reopen,
    "resolve": _resolve,
    "close": _close,
    "ship-swap": _swap,
    "fulfil-swap": _swap,
    "cancel-swap": _swap,
    "unexchange": _swap,
    "claim": _claim,
    "approve-claim": _decide_claim,
    "deny-claim": _decide_claim,
    "resolve-claim": _decide_claim,
    "cancel-claim": _decide_claim,
}
"""By the command of a step; sales and payouts are more than one decision."""

"""Holding the units that a request was found to take: on the order, and as units of its lines."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from chalicelib.core import runs
from chalicelib.core.runs import Run
from chalicelib.orders import returnable
from chalicelib.orders.model import HolderKind, Order, OrderLine
from chalicelib.orders.value import paid_by_line
from chalicelib.policy.verdict import Decision, kept_with
from chalicelib.returns.asked_about import needs_info, serials_of
from chalicelib.returns.model import Authorization, Logistics, Return, ReturnLine, UnitGroup
from chalicelib.returns.policy_facts import Asked
from chalicelib.returns.quote import Quote, QuotedLine
from chalicelib.returns.units import joined, units_where
from chalicelib.returns.wishes import RequestedLine


def wishes_of(lines: Iterable[ReturnLine]) -> tuple[RequestedLine, ...]:
    """What lines of a return ask for, to be evaluated anew.

    Units that a question is open about are asked for themselves: they are held.
    """
    return tuple(
        RequestedLine(
            order_line_no=line.order_line_no,
            sku=line.sku,
            quantity=line.requested,
            reason=line.reason,
            serials=tuple(line.serials.values()),
            note=line.note,
            resolution=line.resolution,
            exchange_for=line.exchange_for,
            exchange_price=line.exchange_price,
            exchange_even=line.exchange_even,
            among=units_where(line, needs_info) or line.among,
            answers=line.answers,
        )
        for line in lines
    )


def reserved(
    ret: Return,
    lines: Sequence[ReturnLine],
    order: Order,
    quoted: Quote,
    authorization: Authorization,
) -> tuple[Return, Order]:
    """Both with the quoted units held; the quote has one entry for each of the lines.

    Units of a line that it is not about stay where they are, beside those that are held now. The
    order is still at its present version: whoever writes it raises that once.
    """
    paid = paid_by_line(order)
    for line, entry in zip(lines, quoted.lines, strict=True):
        if entry.order_line_no is None:
            ret = ret.with_line(_beside(ret, line, _unsold(line, entry, authorization)))
            continue
        order = returnable.reserve(
            order,
            entry.order_line_no,
            holder_id=ret.return_id,
            kind=HolderKind.RETURN,
            units=entry.units,
        )
        sold = order.line(entry.order_line_no)
        assert sold is not None, "evaluated before"
        line = replace(line, paid=paid[sold.line_no], sold=sold.quantity)
        held = _with_units(order, sold, line, entry, authorization)
        ret = ret.with_line(_beside(ret, line, held))
    return replace(ret, decision=_decision(ret, lines, quoted)), order


def _decision(ret: Return, lines: Sequence[ReturnLine], quoted: Quote) -> Decision:
    """The new decision, told by the return's own lines; of other lines stays what was decided."""
    new = {
        line.line_no: replace(entry.decision, line_no=line.line_no)
        for line, entry in zip(lines, quoted.lines, strict=True)
    }
    earlier = {line.line_no: line.verdict for line in ret.lines if line.verdict is not None}
    if ret.decision is not None:
        known = ret.decision.facts
        earlier |= {one.line_no: kept_with(one, known) for one in ret.decision.lines}
    verdicts = {**earlier, **new}
    own = tuple(verdicts[line.line_no] for line in ret.lines if line.line_no in verdicts)
    pairs = quoted.decision.four_eyes
    if ret.decision is not None and len(own) > len(new):
        # What a version wants that decided some of the others is still wanted.
        pairs = tuple(dict.fromkeys((*ret.decision.four_eyes, *pairs)))
    return replace(quoted.decision, lines=own, four_eyes=pairs)


def asked_of(
    ret: Return, about: frozenset[str] = frozenset(), *, evidence_due: bool = True
) -> Asked:
    """What the return says beside its lines."""
    return Asked(
        requested_at=ret.requested_at,
        type=ret.type,
        method=ret.method,
        about=about,
        photo_reused=bool(ret.photo_reused_from),
        evidence_due=evidence_due,
        return_id=ret.return_id,
    )


def _beside(ret: Return, asked: ReturnLine, held: ReturnLine) -> ReturnLine:
    """The line with what it holds now, and with its units that were not asked about."""
    stored = ret.line(held.line_no)
    assert stored is not None, "a line of the return"
    others = [group for group in stored.groups if group not in asked.groups]
    serials = serials_of(stored, others)
    return replace(
        held, groups=joined([*others, *held.groups]), serials={**serials, **held.serials}
    )


def _unsold(line: ReturnLine, entry: QuotedLine, authorization: Authorization) -> ReturnLine:
    """Goods on no line of the order: counted from 1, held nowhere."""
    group = UnitGroup(
        units=entry.units, authorization=authorization, logistics=_logistics(authorization)
    )
    return replace(line, groups=(group,))


def _with_units(
    order: Order,
    sold: OrderLine,
    line: ReturnLine,
    entry: QuotedLine,
    authorization: Authorization,
) -> ReturnLine:
    """The line as sold now, with the ordinals it holds, split by the lot each unit left in.

    A draft may be older than the last change of its order: nothing of the order is taken from it.
    """
    groups = []
    for run, lot in returnable.lots_by_run(order, sold.line_no):
        units = runs.common(entry.units, (run,))
        if units:
            groups.append(
                UnitGroup(
                    units=units,
                    lot=lot,
                    authorization=authorization,
                    logistics=_logistics(authorization),
                )
            )
    by_ordinal = returnable.serials_by_ordinal(order, sold.line_no)
    held = {
        str(ordinal): serial
        for ordinal, serial in by_ordinal.items()
        if runs.common(entry.units, (Run(ordinal, 1),))
    }
    return replace(
        line,
        sku=sold.sku,
        name=sold.name,
        gtin=sold.gtin,
        category=sold.category,
        supplier_id=sold.supplier_id,
        unit_cost=sold.unit_cost,
        serials=held,
        groups=joined(groups),
    )


def _logistics(authorization: Authorization) -> Logistics:
    return Logistics.AWAITING if authorization is Authorization.APPROVED else Logistics.NONE

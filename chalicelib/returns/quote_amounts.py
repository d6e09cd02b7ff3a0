"""What a request would bring in money, component by component: the one place where a quote counts.

The same functions count when it is settled, so a quote equals its result.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from chalicelib.core import runs
from chalicelib.core.money import Money
from chalicelib.core.runs import Runs
from chalicelib.orders.given import GivenUnits
from chalicelib.orders.model import Order
from chalicelib.policy.fees import Fee
from chalicelib.policy.giving import PromotionRule
from chalicelib.policy.verdict import Decision, LineDecision, RuleTrace
from chalicelib.returns.beyond_policy import asked_by_person, overridden
from chalicelib.returns.charging import fees_of
from chalicelib.returns.model import ReturnType
from chalicelib.returns.policy_facts import Asked
from chalicelib.returns.quote import Quote, QuotedLine
from chalicelib.settlement.components import Breakdown
from chalicelib.settlement.foreseen import foreseen, most_withheld
from chalicelib.settlement.giving_of import BLOCKED, giving_by
from chalicelib.settlement.sale import Sale


def with_amounts(order: Order, quote: Quote, asked: Asked) -> Quote:
    """The quote by components; a part that a promotion does not let come back is refused."""
    giving = giving_by(
        _of_lines_that_count(quote),
        order,
        asked.type,
        is_withdrawal=asked.type is ReturnType.WITHDRAWAL,
    )
    wanted = _wanted(quote)
    if giving.promotions is PromotionRule.BLOCK and wanted:
        quote = _blocked(order, quote, wanted, asked)
        wanted = _wanted(quote)
    if not wanted:
        return _with_fees(quote, asked.type)
    breakdown = foreseen(order, wanted, giving, own=asked.return_id)
    kept = _withheld(quote.lines, breakdown)
    lines = tuple(
        replace(line, withheld=part) for line, part in zip(quote.lines, kept, strict=True)
    )
    return _with_fees(replace(quote, lines=lines, breakdown=breakdown), asked.type)


def _of_lines_that_count(quote: Quote) -> Decision:
    """The decision without entries that bring no money, whatever is said about them."""
    pairs = zip(quote.lines, quote.decision.lines, strict=True)
    lines = tuple(one for line, one in pairs if one.eligible and not line.brings_goods)
    return replace(quote.decision, lines=lines)


def _wanted(quote: Quote) -> list[GivenUnits]:
    """The units that money would go back for, by order line."""
    found: dict[str, Runs] = {}
    for line in quote.lines:
        if line.order_line_no is not None and line.units and not line.brings_goods:
            before = found.get(line.order_line_no, ())
            found[line.order_line_no] = runs.merged((*before, *line.units))
    return [GivenUnits(line_no=line_no, units=units) for line_no, units in found.items()]


def _blocked(order: Order, quote: Quote, wanted: Sequence[GivenUnits], asked: Asked) -> Quote:
    """Lines of a promotion that what is kept would not earn any more are not eligible."""
    lost = {
        promotion_id
        for promotion_id, amount in most_withheld(order, wanted, own=asked.return_id).items()
        if amount
    }
    sale = Sale.of(order)
    lines_lost = frozenset(
        line_no
        for promotion in order.promotions
        if promotion.promotion_id in lost
        for line_no in sale.affected(promotion)
    )
    lines = tuple(
        _decided(line, asked) if line.order_line_no in lines_lost else line for line in quote.lines
    )
    verdicts = tuple(line.decision for line in lines)
    total = Money.total((line.amount for line in lines), order.currency)
    decision = replace(quote.decision, lines=verdicts)
    return replace(quote, lines=lines, total=total, decision=decision)


def _decided(line: QuotedLine, asked: Asked) -> QuotedLine:
    """The line refused, unless a person asked about it, or took its refusal upon themselves."""
    if not line.decision.eligible:
        return line
    refused = _refused_by_promotion(line.decision)
    (verdict,) = overridden(asked_by_person([refused], asked.about), asked)
    if verdict.eligible:
        return replace(line, decision=verdict)
    return replace(line, units=(), amount=Money.zero(line.amount.currency), decision=verdict)


def _refused_by_promotion(decision: LineDecision) -> LineDecision:
    code = "promotion_blocks_partial"
    step = RuleTrace(rule=BLOCKED, facts={}, passed=False, code=code)
    return replace(decision, eligible=False, code=code, trace=(*decision.trace, step))


def _withheld(lines: Sequence[QuotedLine], breakdown: Breakdown) -> list[Money]:
    """What promotions withhold of each entry."""
    asked = [(None if line.brings_goods else line.order_line_no, line.amount) for line in lines]
    return breakdown.withheld_by(asked)


def _with_fees(quote: Quote, type_: ReturnType) -> Quote:
    """The quote with what is kept of it. Entries may name the same line: they are told by place."""
    charged = [
        (str(place), line.before_fees, line.decision)
        for place, line in enumerate(quote.lines)
        if not line.brings_goods
    ]
    by_place = fees_of(charged, type_)
    told = {str(place): line.order_line_no for place, line in enumerate(quote.lines)}

    def renamed(fees: Iterable[Fee]) -> tuple[Fee, ...]:
        return tuple(
            fee if fee.line_no is None else replace(fee, line_no=told[fee.line_no]) for fee in fees
        )

    lines = tuple(
        replace(line, fees=renamed(fee for fee in by_place if fee.line_no == str(place)))
        for place, line in enumerate(quote.lines)
    )
    return replace(quote, lines=lines, fees=renamed(by_place))

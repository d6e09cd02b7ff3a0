"""By which rules a return gives back what is not the price of a unit: its policy's, and the law's.

Pure. A declared withdrawal gives at least what the law of the buyer's country asks for. What is
called back is not the customer's doing: no promotion withholds anything of it.
"""

from dataclasses import replace

from chalicelib.orders.model import Order
from chalicelib.policy.giving import Giving, PromotionRule
from chalicelib.policy.giving_of import giving_of, statutory_giving
from chalicelib.policy.verdict import Decision
from chalicelib.returns.lifecycle import NEVER_PAID
from chalicelib.returns.model import (
    Authorization,
    Disposition,
    Logistics,
    Return,
    ReturnLine,
    ReturnType,
)
from chalicelib.withdrawals.law import law_of

BLOCKED = "promotion"
"""The step of a trace that says whether promotions let a part come back."""


def giving_for(ret: Return, order: Order) -> Giving:
    """The rules of this return of this order, as its lines say that may still be paid for.

    What was refused or is with the customer again decides nothing about the others.
    """
    decision = ret.decision
    if decision is not None:
        counting = {line.line_no for line in ret.lines if _may_be_paid(line)}
        lines = tuple(one for one in decision.lines if one.line_no in counting)
        decision = replace(decision, lines=lines)
    is_withdrawal = ret.withdrawal_id is not None or ret.type is ReturnType.WITHDRAWAL
    return giving_by(decision, order, ret.type, is_withdrawal=is_withdrawal)


def giving_by(
    decision: Decision | None, order: Order, type_: ReturnType, *, is_withdrawal: bool
) -> Giving:
    """The rules of a request that was decided so, by the lines that count."""
    giving = giving_of(decision)
    if giving.promotions is PromotionRule.BLOCK and _is_let_through(decision):
        giving = replace(giving, promotions=PromotionRule.KEEP)
    law = law_of(order.region) if is_withdrawal else None
    if law is not None:
        giving = statutory_giving(giving, law.value)
    if type_ is ReturnType.RECALL:
        return replace(giving, promotions=PromotionRule.KEEP)
    return giving


def giving_when_settled(ret: Return, order: Order) -> Giving:
    """The rules by which it is paid: where no part was to come back and only a part came, what is
    kept is priced again.
    """
    giving = giving_for(ret, order)
    is_blocked = giving.promotions is PromotionRule.BLOCK
    return replace(giving, promotions=PromotionRule.CLAW_BACK) if is_blocked else giving


def _may_be_paid(line: ReturnLine) -> bool:
    return line.resolution not in NEVER_PAID and any(
        group.authorization is Authorization.APPROVED
        and group.credit is not False
        and group.logistics not in _WITH_THE_CUSTOMER
        and group.disposition is not Disposition.SHIP_BACK
        for group in line.groups
    )


_WITH_THE_CUSTOMER = frozenset({Logistics.SHORT_CLOSED, Logistics.REFUSED})


def _is_let_through(decision: Decision | None) -> bool:
    """Whether a person let a part come back that a promotion does not."""
    lines = decision.lines if decision is not None else ()
    return any(step.rule == BLOCKED and not step.passed for line in lines for step in line.trace)

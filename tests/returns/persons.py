"""People with names and roles who file, approve, delegate and pay, in one line each."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from chalicelib.core.events import Actor, Context
from chalicelib.returns import delegating, previewing, requesting, review
from chalicelib.returns.delegating import Delegate, Delegation
from chalicelib.returns.model import Return
from chalicelib.returns.wishes import RequestReturn
from chalicelib.settlement import starting
from chalicelib.tasks.model import Task
from tests import policies
from tests.builders import Shop, line, order, wish
from tests.policies import form, rule

ANY_TIME = rule("any-time", window={"days": None})
PAIRS = ["requester_approver", "approver_refunder", "inspector_refunder"]
TWO = "two_persons"


def sold(shop: Shop, *rules: dict[str, Any], quantity: int = 5, **more: Any) -> str:
    """An order of two lines under a policy with these rules; `more` are fields of the policy."""
    under = policies.publish(shop.store, form("own", *rules, ANY_TIME, **more))
    lines = (line("1", quantity=quantity), line("2", quantity=quantity))
    return shop.sells(order(*lines, policy_version=under)).order_no


def tiered(shop: Shop, tier: str, quantity: int = 2, **more: Any) -> Return:
    """A request of one line that has to be decided by this tier."""
    order_no = sold(shop, rule("tier", review=tier), **more)
    return filed(shop, order_no, quantity=quantity)


def by(shop: Shop, who: str, role: str = "reviewer") -> Context:
    """The next command of the shop, by this person."""
    return replace(shop.context(), actor=Actor(id=who, role=role))


def filed(
    shop: Shop,
    order_no: str = "O-1",
    *,
    who: str = "carla",
    role: str = "support",
    quantity: int = 2,
    **more: Any,
) -> Return:
    """`more` are fields of RequestReturn, as is."""
    asked = more.pop("lines", (wish(quantity),))
    command = RequestReturn(order_no=order_no, lines=asked, **more)
    context = by(shop, who, role)
    return shop.do(lambda reads, context: requesting.create(reads, command, context), context)


def submitted(
    shop: Shop, ret: Return, who: str = "carla", role: str = "support", override: str | None = None
) -> Return:
    context = by(shop, who, role)
    return shop.do(
        lambda reads, context: requesting.submit(reads, ret.return_id, context, override), context
    )


def asked_for(quantities: dict[str, int] | None, more: dict[str, Any]) -> review.Approve:
    lines = None
    if quantities is not None:
        lines = tuple(
            review.ApprovedQuantity(line_no=line_no, quantity=quantity)
            for line_no, quantity in quantities.items()
        )
    return review.Approve(lines=lines, **more)


def approved(
    shop: Shop,
    ret: Return,
    who: str = "anna",
    role: str = "reviewer",
    quantities: dict[str, int] | None = None,
    **more: Any,
) -> Return:
    """All that is pending, or these quantities by line; `more` are fields of Approve, as is."""
    command, context = asked_for(quantities, more), by(shop, who, role)
    return shop.do(
        lambda reads, context: review.approve(reads, ret.return_id, command, context), context
    )


def previewed(
    shop: Shop,
    ret: Return,
    who: str = "anna",
    role: str = "reviewer",
    quantities: dict[str, int] | None = None,
    **more: Any,
) -> previewing.Preview:
    command, context = asked_for(quantities, more), by(shop, who, role)
    return previewing.preview(shop.store.reads(), ret.return_id, command, context)


def rejected(shop: Shop, ret: Return, who: str = "anna") -> Return:
    command, context = review.Reject(code="NOT_ELIGIBLE"), by(shop, who)
    return shop.do(
        lambda reads, context: review.reject(reads, ret.return_id, command, context), context
    )


def delegated(
    shop: Shop, to: str, *, who: str = "sam", days: int = 7, starts_in: int = 0, **more: Any
) -> Delegation:
    """A senior reviewer's right, from now (or in some days) on, for so many days."""
    context = by(shop, who, "senior_reviewer")
    starts_at = context.now + timedelta(days=starts_in)
    command = Delegate(
        delegate=to,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(days=days),
        **({"reason": "On holiday."} | more),
    )
    return shop.do(lambda _, context: delegating.delegate(command, context), context)


def ended(shop: Shop, given: Delegation, who: str = "sam", role: str = "reviewer") -> Delegation:
    context = by(shop, who, role)
    return shop.do(
        lambda reads, context: delegating.end(reads, given.delegation_id, context), context
    )


def pays(shop: Shop, ret: Return, who: str, role: str = "finance") -> Return:
    context = by(shop, who, role)
    return shop.do(lambda reads, context: starting.start(reads, ret.return_id, context), context)


def review_of(shop: Shop, ret: Return) -> Task:
    """The task of the latest review."""
    _, _, task = shop.store.reads().review_of(ret.return_id)
    assert task is not None, "somebody has to look at it"
    return task


def told(shop: Shop, ret: Return) -> list[str]:
    """The types of the return's events, in order."""
    return [event.type for event in shop.store.reads().events(ret.subject)]

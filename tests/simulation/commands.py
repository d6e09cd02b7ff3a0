"""Every command of the model by its name, and what a command is about."""

from collections.abc import Callable

from tests.simulation import (
    asking,
    banking,
    claiming,
    disputing,
    exchanging,
    handling,
    mending,
    paying,
    refunding,
    working,
)
from tests.simulation.admitting import OF_PAYOUTS
from tests.simulation.model import World
from tests.simulation.steps import Step

COMMANDS: dict[str, Callable[[World, Step], None]] = {
    "sell": asking.sell,
    "ask": asking.ask,
    "edit": asking.edit,
    "submit": asking.submit,
    "request-info": asking.request_info,
    "approve": asking.approve,
    "reject": asking.reject,
    "cancel": asking.cancel,
    "expire": asking.expire,
    "ship": handling.ship,
    "news": handling.news,
    "receive": handling.receive,
    "scan": handling.scan,
    "mark-lost": handling.mark_lost,
    "short-close": handling.short_close,
    "refuse": handling.refuse,
    "inspect": handling.inspect,
    "reinspect": handling.reinspect,
    "dispose": handling.dispose,
    "ship-back": handling.ship_back,
    "settle": paying.settle,
    "retry": refunding.retry,
    "confirm": refunding.confirm,
    "approve-refund": refunding.approve,
    "pay-otherwise": refunding.pay_otherwise,
    "write-off": refunding.write_off,
    "reverse": refunding.reverse,
    "withdraw-credit": refunding.withdraw_credit,
    "tell": banking.tell,
    "dispute": banking.dispute,
    "spend": banking.spend,
    "repair": mending.repair,
    "not-repairable": mending.not_repairable,
    "appeal": disputing.appeal,
    "decide": disputing.decide,
    "withdraw": disputing.withdraw,
    "resolve": disputing.resolve,
    "reopen": disputing.reopen,
    "close": paying.close,
    "ship-swap": exchanging.ship_swap,
    "cross-ship-swap": exchanging.cross_ship_swap,
    "release-swap": exchanging.release_swap,
    "look-after-swap": exchanging.look_after_swap,
    "charge-swap": exchanging.charge_swap,
    "pay-swap": exchanging.pay_swap,
    "fulfil-swap": exchanging.fulfil_swap,
    "cancel-swap": exchanging.cancel_swap,
    "unexchange": exchanging.unexchange,
    "reverse-disposition": working.reverse,
    "send-to-vendor": working.send_to_vendor,
    "come-from-vendor": working.come_from_vendor,
    "decide-scrap": working.decide_scrap,
    "open-work": working.open_work,
    "send-work": working.send_work,
    "cancel-work": working.cancel_work,
    "take-back-work": working.take_back,
    "claim": claiming.claim,
    **dict.fromkeys(claiming.BECOMES, claiming.decide_claim),
}


OPENING = (
    "mark-lost",
    "reverse-disposition",
    "come-from-vendor",
    "cancel-work",
    "take-back-work",
    "tell",
    *OF_PAYOUTS,
)
"""Commands that open a completed return again where they leave something open."""


UNVERSIONED = (
    "scan",
    "news",
    "tell",
    "spend",
    "look-after-swap",
    "send-to-vendor",
    "come-from-vendor",
    "open-work",
)
"""Devices and carriers say no version; neither do documents that are about several returns."""
OPEN_STILL = (
    "reopen",
    "news",
    "pay-swap",
    "release-swap",
    "look-after-swap",
    "fulfil-swap",
    "unexchange",
    "dispute",
    "send-to-vendor",
    "open-work",
    "send-work",
)
"""Commands that close no return by themselves."""


def opens(step: Step) -> bool:
    """Whether it opens a completed return that it leaves with something open."""
    is_held = step.command != "take-back-work" or step.given["outcome"] == "HOLD"
    return step.command in OPENING and is_held


def about(world: World, step: Step) -> list[str]:
    """The requests that a step is about: one, unless goods of one go into another."""
    if step.command in ("sell", "spend") or "claim" in step.command:
        return []
    if step.command == "dispute":
        return [key for key, one in world.requests.items() if one.order_no == step.target]
    if step.command == "ask":
        return [step.id]
    if step.command == "resolve":
        into = step.given.get("into")
        return list(dict.fromkeys([world.strays[step.target].request, *([into] if into else [])]))
    if step.command == "open-work":
        return list(dict.fromkeys(key for key, _, _ in step.given["units"]))
    if step.target in world.jobs:
        return _at_work(world, step)
    if step.target in world.proposals:
        return [world.proposals[step.target].request]
    if step.target in world.swaps:
        return [world.swaps[step.target].request]
    if step.target in world.requests:
        return [step.target]
    return [world.owner(step.target)[0]]


def _at_work(world: World, step: Step) -> list[str]:
    """The requests whose units come back, or would; all, where the work only begins."""
    job = world.jobs[step.target]
    if step.command == "take-back-work":
        return [job.parts[step.given["part"]][0]]
    parts = zip(job.parts, job.left, strict=True)
    return list(dict.fromkeys(key for (key, _, _), left in parts if left))


def may_close(world: World, step: Step) -> bool:
    """Whether the command closes a return that it leaves with nothing open."""
    if step.command == "decide":
        return not step.given["upheld"]
    if step.command == "resolve":
        return world.strays[step.target].proposed is None
    if world.is_unchanged:
        return False
    return step.command not in OPEN_STILL


def may_be_stale(world: World, step: Step) -> bool:
    """Whether its caller says a version at all: devices and carriers do not.

    A retry says none where it only asks what became of what it sent before, and neither does who
    agreed to a refund already.
    """
    if step.command in (*UNVERSIONED, "sell", "ask", "claim"):
        return False
    if step.command not in ("retry", "approve-refund"):
        return True
    request = world.requests[step.given["of"]]
    payout = request.payouts[step.target]
    if step.command == "approve-refund":
        return payout.agreed_by != step.who
    is_asking = any(leg.state == "UNKNOWN" for leg in payout.legs)
    sale = world.sales[str(request.order_no)]
    return refunding.may_be_sent(sale, payout) or not is_asking

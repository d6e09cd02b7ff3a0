"""Every command of the model by its name, and what a command is about."""

from collections.abc import Callable

from tests.simulation import asking, claiming, disputing, exchanging, handling, paying
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
    "retry": paying.retry,
    "confirm": paying.confirm,
    "appeal": disputing.appeal,
    "decide": disputing.decide,
    "withdraw": disputing.withdraw,
    "resolve": disputing.resolve,
    "reopen": disputing.reopen,
    "close": paying.close,
    "ship-swap": exchanging.ship_swap,
    "fulfil-swap": exchanging.fulfil_swap,
    "cancel-swap": exchanging.cancel_swap,
    "unexchange": exchanging.unexchange,
    "claim": claiming.claim,
    **dict.fromkeys(claiming.BECOMES, claiming.decide_claim),
}


def about(world: World, step: Step) -> list[str]:
    """The requests that a step is about: one, unless goods of one go into another."""
    if step.command == "sell" or "claim" in step.command:
        return []
    if step.command == "ask":
        return [step.id]
    if step.command == "resolve":
        into = step.given.get("into")
        return list(dict.fromkeys([world.strays[step.target].request, *([into] if into else [])]))
    if step.target in world.swaps:
        return [world.swaps[step.target].request]
    if step.target in world.requests:
        return [step.target]
    return [world.owner(step.target)[0]]


def may_close(world: World, step: Step) -> bool:
    """Whether the command closes a return that it leaves with nothing open."""
    if step.command == "decide":
        return not step.given["upheld"]
    if step.command == "resolve":
        return world.strays[step.target].proposed is None
    return step.command not in ("reopen", "news", "fulfil-swap", "unexchange")


def may_be_stale(world: World, step: Step) -> bool:
    """Whether its caller says a version at all: devices and carriers do not.

    A retry says none where it only asks what became of what it sent before.
    """
    if step.command in ("sell", "ask", "claim", "scan", "news"):
        return False
    if step.command != "retry":
        return True
    states = {leg.state for leg in world.requests[step.given["of"]].payouts[step.target].legs}
    return "DECLINED" in states or "UNKNOWN" not in states

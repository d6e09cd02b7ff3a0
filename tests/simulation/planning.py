"""Which step comes next: mostly one that the world admits, sometimes one that it must refuse.

Chance is asked for plain small numbers, so that the same plan can be shrunk by Hypothesis.
"""

from collections.abc import Callable, Iterable, Mapping

from tests.simulation import planning_of_goods as of_goods
from tests.simulation import planning_of_money as of_money
from tests.simulation import planning_of_sales as of_sales
from tests.simulation.admitting import (
    OF_PAYOUTS,
    UNITS,
    admits,
    is_uninspected,
    may_arrive,
)
from tests.simulation.beside import costs_more
from tests.simulation.claiming import ADMITTED, BECOMES
from tests.simulation.disputing import contested
from tests.simulation.exchanging import REPLACED
from tests.simulation.model import Request, World
from tests.simulation.planning_of_sales import RECENT_SALES, SKUS, Given, latest
from tests.simulation.steps import Choices, Step, is_lucky, pick
from tests.simulation.units import PENDING, Unit

WAREHOUSES = ("W1", "W2")
PEOPLE = ("ann", "bob", "cid", "dan", "eve")
AWARDS = (1, 1, 300, 1500, 100_000)
RECENT_REQUESTS, RECENT_STRAYS = 20, 6
PRICE_MAX = 9999
"""What one of a replacement costs at most, in cents."""
LIKELY = {
    "submit": 2,
    "approve": 5,
    "ship": 4,
    "receive": 5,
    "inspect": 6,
    "dispose": 6,
    "settle": 6,
    "retry": 3,
    "confirm": 3,
    "approve-refund": 4,
    "pay-otherwise": 2,
    "repair": 6,
    "open-work": 4,
    "take-back-work": 4,
    "send-work": 3,
    "decide-scrap": 3,
    "withdraw-credit": 3,
    "decide": 2,
    "resolve": 5,
    "scan": 2,
    "news": 4,
    "pay-swap": 3,
    "ship-swap": 5,
    "cross-ship-swap": 2,
    "look-after-swap": 3,
    "charge-swap": 4,
    "unexchange": 2,
}
"""How often a command is tried where it is admitted, against once for the others."""


def next_step(world: World, choices: Choices, number: int) -> Step:
    """The step of this number; its id says it."""
    step_id = f"s{number}"
    if not world.sales or is_lucky(choices, 3):
        return Step(step_id, "sell", given=of_sales.sale(choices, step_id))
    if not world.requests or is_lucky(choices, 8):
        return Step(step_id, "ask", given=of_sales.request(world, choices), again=_again(choices))
    if is_lucky(choices, 4):
        return _about_claims(world, choices, step_id)
    key = _lively(world, choices)
    targets = _targets(world, key)
    command = _command(world, world.requests[key], targets, choices)
    target = pick(choices, targets[command]) if command in targets else key
    return Step(
        step_id,
        command,
        target,
        given=_given(world, choices, command, key, target),
        who=pick(choices, PEOPLE),
        version=pick(choices, ("any",) * 8 + ("now",) * 4 + ("stale",)),
        again=_again(choices),
    )


def _about_claims(world: World, choices: Choices, step_id: str) -> Step:
    """A new claim, or the next thing about one of late."""
    recent = latest(world.claims, RECENT_SALES)
    if not recent or is_lucky(choices, 40):
        order = pick(choices, latest(world.sales, RECENT_SALES))
        line_no = pick(choices, list(world.sales[order].lines))
        quantity = 1 + choices.upto(max(0, len(world.sales[order].lines[line_no].free) - 1))
        given = {"order": order, "line": line_no, "quantity": quantity}
        return Step(step_id, "claim", given=given, again=_again(choices))
    target = pick(choices, recent)
    admitted = ADMITTED.get(world.claims[target].state, tuple(BECOMES))
    command = pick(choices, tuple(BECOMES) if is_lucky(choices, 15) else admitted)
    return Step(step_id, command, target, who=pick(choices, PEOPLE), again=_again(choices))


def _again(choices: Choices) -> str:
    return pick(choices, ("",) * 8 + ("key", "command"))


def _lively(world: World, choices: Choices) -> str:
    """A request of late, mostly one that is not over."""
    recent = latest(world.requests, RECENT_REQUESTS)
    going = [key for key in recent if not _is_over(world.requests[key])]
    return pick(choices, recent if not going or is_lucky(choices, 10) else going)


def _is_over(request: Request) -> bool:
    ended = ("REJECTED", "CANCELLED", "EXPIRED")
    return request.is_closed or all(unit.authorization in ended for unit in request.units)


def _targets(world: World, key: str) -> dict[str, list[str]]:
    """What steps may be about that is not the request itself, by command."""
    request = world.requests[key]
    strays = [name for name in latest(world.strays, RECENT_STRAYS) if _is_of(world, name, key)]
    objections = [name for name, one in request.appeals.items() if one.is_open]
    objections = objections or list(request.appeals)
    found = {
        **of_money.targets(world, request),
        **of_goods.targets(world, key),
        "news": list(request.packages),
        "decide": objections,
        "withdraw": objections,
        "resolve": strays,
        **_swaps(world, request),
    }
    return {command: targets for command, targets in found.items() if targets}


def _swaps(world: World, request: Request) -> dict[str, list[str]]:
    """The exchanges of a request by what may be done with them; any, where nothing may."""
    keys = list(dict.fromkeys(key for line in request.lines.values() for key in line.swaps))
    return {
        command: [key for key in keys if _is_swap_in(world, key, states)] or keys
        for command, states in SWAPS.items()
    }


def _is_swap_in(world: World, key: str, states: tuple[str, ...]) -> bool:
    swap = world.swaps[key]
    return swap.state in states or swap.advance in states


def _is_of(world: World, stray: str, key: str) -> bool:
    return world.strays[stray].request == key


SWAPS = {
    "pay-swap": ("AWAITING_PAYMENT",),
    "ship-swap": ("RESERVED",),
    "cancel-swap": ("AWAITING_PAYMENT", "RESERVED"),
    "cross-ship-swap": ("RESERVED",),
    "release-swap": ("OPEN", "OVERDUE"),
    "look-after-swap": ("OPEN",),
    "charge-swap": ("OVERDUE",),
    "fulfil-swap": ("SHIPPED",),
    "unexchange": ("SHIPPED", "FULFILLED"),
}
"""The states of an exchange, or of what was sent before its units, that each command acts on."""


def _command(
    world: World, request: Request, targets: Mapping[str, list[str]], choices: Choices
) -> str:
    """A command that is admitted; now and then any other."""
    of_payouts = (*OF_PAYOUTS.values(), "arrive")
    every = [name for name in UNITS if name not in of_payouts]
    every += ["scan", "close", *targets]
    if is_lucky(choices, 12):
        return pick(choices, every)
    sensible = [name for name in every if _is_sensible(world, request, name, targets)]
    weighted = [name for name in sensible for _ in range(LIKELY.get(name, 1))]
    return pick(choices, weighted or every)


def _is_sensible(
    world: World, request: Request, name: str, targets: Mapping[str, list[str]]
) -> bool:
    if name in of_money.COMMANDS and name != "settle":
        return of_money.is_sensible(world, request, name, targets[name])
    if name in of_goods.COMMANDS:
        return of_goods.is_sensible(world, name, targets[name])
    match name:
        case "scan":
            return any(unit.is_expected for unit in request.units)
        case "news":
            return any(unit.is_expected for unit in request.units)
        case "decide" | "withdraw":
            return bool(request.open_appeals)
        case "resolve":
            return any(world.strays[target].left for target in targets[name])
        case "unexchange":
            return any(unit.is_expected and unit.settlement in REPLACED for unit in request.units)
        case _ if name in SWAPS:
            return any(_is_swap_in(world, key, SWAPS[name]) for key in targets[name])
        case "appeal":
            return admits(request, name) and not request.open_appeals
        case "reopen":
            return _count(request.units, UNITS["reopen"]) > 0
        case _:
            return admits(request, name)


def _given(world: World, choices: Choices, command: str, key: str, target: str) -> Given:
    """What the command is given."""
    request = world.requests[key]
    if command in _NOTHING:
        return {}
    if command in _OF_REQUEST:
        return _OF_REQUEST[command](choices, request)
    if command in of_money.COMMANDS:
        return of_money.given(world, choices, command, key, target)
    if command in of_goods.COMMANDS:
        return of_goods.given(world, choices, command, key, target)
    match command:
        case "edit":
            return _edit(world, choices, request)
        case "decide":
            return _decide(choices, request, key, target)
        case "withdraw":
            return {"of": key}
        case "charge-swap":
            return {"amount": 1 + choices.upto(PRICE_MAX if is_lucky(choices, 50) else 99)}
        case "pay-swap":
            wrong = int(is_lucky(choices, 10))
            return {"amount": costs_more(world, world.swaps[target]) + wrong}
        case "resolve":
            return _resolve(world, choices, key, target)
        case _:
            return _some(choices, request, command)


def _some(choices: Choices, request: Request, command: str) -> Given:
    """So many units of some lines, or all that fit."""
    more = {"credit": is_lucky(choices, 60)} if command == "mark-lost" else {}
    if command not in ("ship-back", "repair") and is_lucky(choices, 40):
        return more
    fits = UNITS[command]
    lines = {
        line_no: 1 + choices.upto(max(0, count - 1 + is_lucky(choices, 5)))
        for line_no, line in request.lines.items()
        if (count := _count(line.units, fits))
        and (line.to_repair or command != "repair")
        and not is_lucky(choices, 30)
    }
    return {"lines": lines or {pick(choices, list(request.lines)): 1}, **more}


def _count(units: Iterable[Unit], fits: Callable[[Unit], bool]) -> int:
    return sum(fits(unit) for unit in units)


def _line_with(choices: Choices, request: Request, fits: Callable[[Unit], bool]) -> str:
    """A line that has such units, where there is one."""
    lines = [no for no, line in request.lines.items() if any(map(fits, line.units))]
    return pick(choices, lines or list(request.lines))


def _edit(world: World, choices: Choices, request: Request) -> Given:
    if is_lucky(choices, 25):
        return {"method": "store"}
    return {"wishes": of_sales.wishes(world, choices, str(request.order_no))}


def _not_repairable(choices: Choices, request: Request) -> Given:
    fits = UNITS["not-repairable"]
    lines = [
        line_no
        for line_no, line in request.lines.items()
        if line.to_repair and any(map(fits, line.units))
    ]
    wanted = pick(choices, SKUS) if is_lucky(choices, 30) else None
    line_no = pick(choices, lines or list(request.lines))
    is_other = wanted not in (None, request.lines[line_no].sold_sku)
    price = 1 + choices.upto(PRICE_MAX) if is_other and is_lucky(choices, 60) else None
    return {"line": line_no, "wanted": wanted, "price": price}


def _approve(choices: Choices, request: Request) -> Given:
    prices: dict[str, int | None] = {
        line_no: 1 + choices.upto(PRICE_MAX) if is_lucky(choices, 70) else None
        for line_no, line in request.lines.items()
        if line.wanted not in (None, line.sold_sku) and is_lucky(choices, 60)
    }
    stated = {"prices": prices} if prices else {}
    if is_lucky(choices, 60):
        return stated
    pending = {
        line_no: _count(line.units, lambda unit: unit.authorization in PENDING)
        for line_no, line in request.lines.items()
    }
    named = [line_no for line_no in pending if not is_lucky(choices, 30)] or list(pending)
    return {"lines": {line_no: choices.upto(pending[line_no]) for line_no in named}, **stated}


def _arrivals(choices: Choices, request: Request, most: int) -> Given:
    items = []
    for _ in range(1 + choices.upto(most - 1)):
        line = pick(choices, list(request.lines.values()))
        sku = line.sku if not is_lucky(choices, 5) else pick(choices, SKUS)
        expected = _count(line.units, may_arrive)
        items.append((sku, 1 + choices.upto(max(0, expected - 1 + is_lucky(choices, 10)))))
    return {"warehouse": pick(choices, WAREHOUSES), "items": items}


def _inspect(choices: Choices, request: Request) -> Given:
    groups: list[tuple[str, int, str, str, bool]] = []
    for _ in range(1 + choices.upto(1)):
        line_no = _line_with(choices, request, is_uninspected)
        waiting = _count(request.lines[line_no].units, is_uninspected)
        waiting -= sum(count for named, count, *_ in groups if named == line_no)
        if groups and waiting < 1:
            break
        result = pick(choices, ("PASSED", "PASSED", "FAILED"))
        grade = pick(choices, ("A", "B", "C") if result == "PASSED" else ("C", "D"))
        credit = is_lucky(choices, 80 if result == "PASSED" else 20)
        groups.append((line_no, 1 + choices.upto(max(0, waiting - 1)), grade, result, credit))
    return {"groups": groups}


def _expire(choices: Choices, request: Request) -> Given:
    return {"kind": pick(choices, (request.waits_for or "ship", "draft", "answer", "ship"))}


def _news(choices: Choices, request: Request) -> Given:
    return {"status": pick(choices, ("in_transit", "delivered", "returned_to_sender"))}


def _appeal(choices: Choices, request: Request) -> Given:
    kinds = ("rejection", "grade", "amount")
    decided = [kind for kind in kinds if contested(request, kind, ())]
    against = pick(choices, decided or kinds)
    lines = list(contested(request, against, ())) or list(request.lines)
    return {"against": against, "lines": [] if is_lucky(choices, 50) else [pick(choices, lines)]}


def _decide(choices: Choices, request: Request, key: str, target: str) -> Given:
    is_upheld = is_lucky(choices, 60)
    is_amount = request.appeals[target].against == "amount"
    award = pick(choices, AWARDS) if is_upheld and is_amount else None
    return {"of": key, "upheld": is_upheld, "award": award}


def _resolve(world: World, choices: Choices, key: str, target: str) -> Given:
    stray = world.strays[target]
    way = pick(choices, ("line", "line", "line", "ship_back", "claim", "write_off", "no_goods"))
    given: Given = {"way": way}
    if stray.left > 1 and is_lucky(choices, 40):
        given["quantity"] = 1 + choices.upto(stray.left)
    if way == "line":
        others = latest(world.requests, 4)
        given["into"] = pick(choices, others) if is_lucky(choices, 20) else key
    return given


_NOTHING = (
    "cross-ship-swap",
    "release-swap",
    "look-after-swap",
    "close",
    "submit",
    "reject",
    "request-info",
    "ship-swap",
    "cancel-swap",
    "fulfil-swap",
)
_OF_REQUEST: dict[str, Callable[[Choices, Request], Given]] = {
    "approve": _approve,
    "expire": _expire,
    "receive": lambda choices, request: _arrivals(choices, request, 2),
    "scan": lambda choices, request: _arrivals(choices, request, 1),
    "inspect": _inspect,
    "dispose": of_goods.dispose,
    "news": _news,
    "appeal": _appeal,
    "not-repairable": _not_repairable,
    "unexchange": lambda choices, _: (
        {"quantity": 1 + choices.upto(2)} if is_lucky(choices, 40) else {}
    ),
}

"""Which step comes next: mostly one that the world admits, sometimes one that it must refuse.

Chance is asked for plain small numbers, so that the same plan can be shrunk by Hypothesis.
"""

from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from typing import Any

from tests.simulation.admitting import UNITS, admits, is_uninspected, may_arrive, may_be_disposed
from tests.simulation.claiming import ADMITTED, BECOMES
from tests.simulation.disputing import contested
from tests.simulation.handling import may_go
from tests.simulation.model import PENDING, Payback, Request, Unit, World
from tests.simulation.steps import Choices, Step, is_lucky, pick
from tests.simulation.terms import TERMS

SKUS = ("TEA", "CUP", "POT")
WAREHOUSES = ("W1", "W2")
PEOPLE = ("ann", "bob", "cid", "dan", "eve")
REASONS = ("CHANGED_MIND", "SIZE_TOO_SMALL")
AWARDS = (1, 1, 300, 1500, 100_000)
RECENT_SALES, RECENT_REQUESTS, RECENT_STRAYS = 8, 20, 6
WAYS = ("RESTOCK", "HOLD", "SCRAP", "REPAIR", "RTV", "DONATE", "SHIP_BACK", "REPACK", "REFURBISH")
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
    "decide": 2,
    "resolve": 5,
    "scan": 2,
    "news": 4,
    "ship-swap": 2,
}
"""How often a command is tried where it is admitted, against once for the others."""
Wish = tuple[str, int, str, str | None]
Given = dict[str, Any]
"""Any: the arguments of a command."""


def next_step(world: World, choices: Choices, number: int) -> Step:
    """The step of this number; its id says it."""
    step_id = f"s{number}"
    if not world.sales or is_lucky(choices, 3):
        return Step(step_id, "sell", given=_sale(choices, step_id))
    if not world.requests or is_lucky(choices, 8):
        return Step(step_id, "ask", given=_request(world, choices), again=_again(choices))
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
    recent = _recent(world.claims, RECENT_SALES)
    if not recent or is_lucky(choices, 40):
        order = pick(choices, _recent(world.sales, RECENT_SALES))
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


def _recent(known: dict[str, Any], count: int) -> list[str]:
    return list(islice(reversed(known), count))


def _lively(world: World, choices: Choices) -> str:
    """A request of late, mostly one that is not over."""
    recent = _recent(world.requests, RECENT_REQUESTS)
    going = [key for key in recent if not _is_over(world.requests[key])]
    return pick(choices, recent if not going or is_lucky(choices, 10) else going)


def _is_over(request: Request) -> bool:
    ended = ("REJECTED", "CANCELLED", "EXPIRED")
    return request.is_closed or all(unit.authorization in ended for unit in request.units)


def _targets(world: World, key: str) -> dict[str, list[str]]:
    """What steps may be about that is not the request itself, by command."""
    request = world.requests[key]
    strays = [name for name in _recent(world.strays, RECENT_STRAYS) if _is_of(world, name, key)]
    objections = [name for name, one in request.appeals.items() if one.is_open]
    objections = objections or list(request.appeals)
    found = {
        "retry": list(request.payouts),
        "confirm": list(request.payouts),
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
        command: [key for key in keys if world.swaps[key].state in states] or keys
        for command, states in SWAPS.items()
    }


def _is_of(world: World, stray: str, key: str) -> bool:
    return world.strays[stray].request == key


SWAPS = {
    "ship-swap": ("RESERVED",),
    "cancel-swap": ("RESERVED",),
    "fulfil-swap": ("SHIPPED",),
    "unexchange": ("SHIPPED", "FULFILLED"),
}
"""The states of an exchange in which each command may act on it."""


def _command(
    world: World, request: Request, targets: Mapping[str, list[str]], choices: Choices
) -> str:
    """A command that is admitted; now and then any other."""
    every = [name for name in UNITS if not name.endswith("-settlement") and name != "arrive"]
    every += ["scan", "close", *targets]
    if is_lucky(choices, 12):
        return pick(choices, every)
    sensible = [name for name in every if _is_sensible(world, request, name, targets)]
    weighted = [name for name in sensible for _ in range(LIKELY.get(name, 1))]
    return pick(choices, weighted or every)


def _is_sensible(
    world: World, request: Request, name: str, targets: Mapping[str, list[str]]
) -> bool:
    match name:
        case "scan":
            return any(unit.is_expected for unit in request.units)
        case "news":
            return any(unit.is_expected for unit in request.units)
        case "retry":
            return admits(request, "retry-settlement")
        case "confirm":
            return admits(request, "confirm-settlement")
        case "decide" | "withdraw":
            return bool(request.open_appeals)
        case "resolve":
            return any(world.strays[target].left for target in targets[name])
        case "ship-swap" | "cancel-swap" | "fulfil-swap" | "unexchange":
            return any(world.swaps[key].state in SWAPS[name] for key in targets[name])
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
    match command:
        case "edit":
            return _edit(world, choices, request)
        case "settle":
            return _outcomes(world, choices, request)
        case "retry":
            return {"of": key, **_outcomes(world, choices, request)}
        case "confirm":
            return {"of": key, **_manual(choices, request.payouts[target].legs)}
        case "decide":
            return _decide(choices, request, key, target)
        case "withdraw":
            return {"of": key}
        case "resolve":
            return _resolve(world, choices, key, target)
        case "unexchange":
            return {"quantity": 1 + choices.upto(2)} if is_lucky(choices, 40) else {}
        case _:
            return _some(choices, request, command)


def _some(choices: Choices, request: Request, command: str) -> Given:
    """So many units of some lines, or all that fit."""
    more = {"credit": is_lucky(choices, 60)} if command == "mark-lost" else {}
    if command != "ship-back" and is_lucky(choices, 40):
        return more
    fits = UNITS[command]
    lines = {
        line_no: 1 + choices.upto(max(0, count - 1 + is_lucky(choices, 5)))
        for line_no, line in request.lines.items()
        if (count := _count(line.units, fits)) and not is_lucky(choices, 30)
    }
    return {"lines": lines or {pick(choices, list(request.lines)): 1}, **more}


def _count(units: Iterable[Unit], fits: Callable[[Unit], bool]) -> int:
    return sum(fits(unit) for unit in units)


def _line_with(choices: Choices, request: Request, fits: Callable[[Unit], bool]) -> str:
    """A line that has such units, where there is one."""
    lines = [no for no, line in request.lines.items() if any(map(fits, line.units))]
    return pick(choices, lines or list(request.lines))


def _sale(choices: Choices, step_id: str) -> Given:
    lines = []
    for place in range(1 + choices.upto(2)):
        quantity = 1 + choices.upto(4)
        shipped = quantity if not is_lucky(choices, 15) else choices.upto(quantity)
        price = 1 + choices.upto(9999)
        sku = SKUS[place] if not is_lucky(choices, 10) else SKUS[0]
        lines.append((sku, quantity, shipped, price, choices.upto(min(500, price * quantity))))
    whole = sum(price * quantity - discount for _, quantity, _, price, discount in lines)
    discount = choices.upto(min(1000, whole))
    left = whole - discount
    card = left if is_lucky(choices, 50) else choices.upto(left)
    second = pick(choices, ("manual", "sandbox"))
    payments = [(f"{step_id}-card", "sandbox", card), (f"{step_id}-other", second, left - card)]
    alone = {"alone": True} if is_lucky(choices, 15) else {}
    terms = {"terms": pick(choices, tuple(TERMS))} if is_lucky(choices, 50) else {}
    spare = [(pick(choices, SKUS), 1 + choices.upto(3))] if is_lucky(choices, 60) else []
    return {
        "lines": lines, "discount": discount, "payments": payments, "spare": spare,
        **alone, **terms,
    }  # fmt: skip


def _request(world: World, choices: Choices) -> Given:
    recent = _recent(world.sales, RECENT_SALES)
    left = [key for key in recent if any(line.free for line in world.sales[key].lines.values())]
    order = pick(choices, recent if not left or is_lucky(choices, 10) else left)
    submit = not is_lucky(choices, 30)
    return {"order": order, "wishes": _wishes(world, choices, order), "submit": submit}


def _wishes(world: World, choices: Choices, order: str) -> list[Wish]:
    lines = world.sales[order].lines
    left = [line_no for line_no, line in lines.items() if line.free]
    wishes = []
    for _ in range(1 + choices.upto(1)):
        line_no = pick(choices, list(lines) if not left or is_lucky(choices, 10) else left)
        most = max(1, len(lines[line_no].free) + (1 if is_lucky(choices, 10) else 0))
        wanted = pick(choices, SKUS) if is_lucky(choices, 25) else None
        wishes.append((line_no, 1 + choices.upto(most - 1), pick(choices, REASONS), wanted))
    return wishes


def _edit(world: World, choices: Choices, request: Request) -> Given:
    if is_lucky(choices, 25):
        return {"method": "store"}
    return {"wishes": _wishes(world, choices, str(request.order_no))}


def _approve(choices: Choices, request: Request) -> Given:
    if is_lucky(choices, 60):
        return {}
    pending = {
        line_no: _count(line.units, lambda unit: unit.authorization in PENDING)
        for line_no, line in request.lines.items()
    }
    named = [line_no for line_no in pending if not is_lucky(choices, 30)] or list(pending)
    return {"lines": {line_no: choices.upto(pending[line_no]) for line_no in named}}


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


def _dispose(choices: Choices, request: Request) -> Given:
    line_no = _line_with(choices, request, may_be_disposed)
    waiting = [unit for unit in request.lines[line_no].units if may_be_disposed(unit)]
    one = pick(choices, waiting) if waiting else Unit(ordinal=1)
    ways = [way for way in WAYS if may_go(one, way)] or WAYS
    way = pick(choices, WAYS if is_lucky(choices, 10) else ways)
    count = _count(waiting, lambda unit: unit.disposition == one.disposition and may_go(unit, way))
    items = [(line_no, 1 + choices.upto(max(0, count - 1)), way, one.disposition)]
    return {"items": items}


def _outcomes(world: World, choices: Choices, request: Request) -> Given:
    payments = world.sales[str(request.order_no)].payments
    ways = ("paid",) * 6 + ("declined", "lost", "silent")
    return {
        "outcomes": {
            payment.payment_id: pick(choices, ways)
            for payment in payments
            if payment.provider != "manual"
        }
    }


def _manual(choices: Choices, legs: list[Payback]) -> Given:
    """The payment that somebody says was paid by hand."""
    by_hand = [leg.payment_id for leg in legs if leg.state == "MANUAL"]
    return {"payment": pick(choices, by_hand or [leg.payment_id for leg in legs] or ["none"])}


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
        others = _recent(world.requests, 4)
        given["into"] = pick(choices, others) if is_lucky(choices, 20) else key
    return given


_NOTHING = ("close", "submit", "reject", "request-info", "ship-swap", "cancel-swap", "fulfil-swap")
_OF_REQUEST: dict[str, Callable[[Choices, Request], Given]] = {
    "approve": _approve,
    "expire": _expire,
    "receive": lambda choices, request: _arrivals(choices, request, 2),
    "scan": lambda choices, request: _arrivals(choices, request, 1),
    "inspect": _inspect,
    "dispose": _dispose,
    "news": _news,
    "appeal": _appeal,
}

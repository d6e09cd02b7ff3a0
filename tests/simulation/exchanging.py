"""Exchanges: stock that is promised for units of a return, until it leaves or is free again."""

from collections import Counter
from collections.abc import Mapping

from tests.simulation.admitting import is_lost
from tests.simulation.beside import costs_more, keep_what_was_sold, less, owe_on_top, prices
from tests.simulation.model import AskedLine, Request, Swap, World
from tests.simulation.steps import Step
from tests.simulation.units import PENDING, Refused, Unit

HOME = "W1"
"""Where all sales leave from, and replacements too."""
SENT = ("SHIPPED", "FULFILLED")
PROMISED = ("AWAITING_PAYMENT", "RESERVED")
REPLACED = ("APPROVED", "SETTLED")
"""How units stand whose replacement has left; approved: what it cost less is not paid yet."""
Chosen = Mapping[str, list[Unit]]
"""Units by line of a request."""
Stated = Mapping[str, int | None]
"""By line of a request: what one of its replacements costs; None: as much as was paid."""


def promise(
    world: World, key: str, approved: Chosen, step_id: str, stated: Stated | None = None
) -> None:
    """What is approved and to be exchanged has its replacement set aside, or all is refused.

    `stated` are prices by line that somebody says now; None: it is even.
    """
    request = world.requests[key]
    stated = stated or {}
    _check_stated(request, stated)
    wanted = {no: u for no, u in approved.items() if u and request.lines[no].wanted}
    known = {no: u for no, u in wanted.items() if request.lines[no].order_line is not None}
    needed: Counter[str] = Counter()
    for line_no, units in known.items():
        needed[str(request.lines[line_no].wanted)] += len(units)
    codes: list[str] = []
    if any(world.stock[HOME, sku, "available"] < count for sku, count in needed.items()):
        codes.append("replacement_out_of_stock")
    if not all(_is_priced(world, request.lines[no], stated, no) for no in known):
        codes.append("replacement_price_required")
    if codes:
        raise Refused(*codes)
    for line_no in wanted:
        if line_no not in known:
            request.lines[line_no].wanted = None
    for line_no, units in known.items():
        line = request.lines[line_no]
        sku = str(line.wanted)
        swap_key = f"{step_id}:{line_no}"
        numbers = sorted(unit.ordinal for unit in units)
        each = _price(world, line, stated, line_no)
        worth = sum(world.value(request, unit) for unit in units)
        price = worth if each is None else each * len(units)
        swap = Swap(key, line_no, sku, numbers, price, each)
        swap.state = "RESERVED" if price <= worth else "AWAITING_PAYMENT"
        world.swaps[swap_key] = swap
        line.swaps.append(swap_key)
        for _ in units:
            world.moved(sku, 1, HOME, "available", "reserved")


def _check_stated(request: Request, stated: Stated) -> None:
    for line_no in stated:
        if line_no not in request.lines or not request.lines[line_no].wanted:
            raise Refused("not_exchanged")
    for line_no, price in stated.items():
        if price is not None and not _is_other(request.lines[line_no]):
            raise Refused("replacement_is_even")


def _is_other(line: AskedLine) -> bool:
    """Whether other goods are wanted than were sold."""
    return line.wanted != line.sold_sku


def _is_priced(world: World, line: AskedLine, stated: Stated, line_no: str) -> bool:
    """Whether it is known what the replacement costs: now, by the wish, or from the last time."""
    is_said = line_no in stated or line.price is not None or line.is_even
    return is_said or not _is_other(line) or bool(_last(world, line))


def _price(world: World, line: AskedLine, stated: Stated, line_no: str) -> int | None:
    """What one costs; None: as much as was paid for it."""
    if not _is_other(line) or stated.get(line_no, 0) is None:
        return None
    if line_no in stated or line.price is not None:
        return stated.get(line_no, line.price)
    if line.is_even:
        return None
    return _last(world, line)[0].each


def _last(world: World, line: AskedLine) -> list[Swap]:
    """The line's last exchange, if it was for the same goods."""
    before = [world.swaps[key] for key in line.swaps[-1:]]
    return [swap for swap in before if swap.sku == line.wanted]


def replaced(world: World, line: AskedLine) -> set[int]:
    """The units of a line whose replacement has left."""
    swaps = [world.swaps[key] for key in line.swaps]
    return {number for swap in swaps if swap.state in SENT for number in swap.numbers}


def unreplaced(world: World, request: Request, units: list[Unit]) -> list[Unit]:
    """Those of the units that nothing was given for yet."""
    gone = {
        id(unit)
        for line in request.lines.values()
        for unit in line.units
        if unit.ordinal in replaced(world, line)
    }
    return [unit for unit in units if id(unit) not in gone]


def require_unsent(world: World, request: Request, units: list[Unit]) -> None:
    """What was replaced cannot be taken back as if nothing had been given for it."""
    if len(unreplaced(world, request, units)) < len(units):
        raise Refused("replacement_shipped")


def drop(world: World, request: Request, units: list[Unit]) -> None:
    """What was promised for these units goes back on the shelf."""
    ended = {id(unit) for unit in units}
    for line in request.lines.values():
        numbers = {unit.ordinal for unit in line.units if id(unit) in ended}
        if not numbers or not line.swaps:
            continue
        for swap_key in line.swaps:
            swap = world.swaps[swap_key]
            hit = [number for number in swap.numbers if number in numbers]
            if swap.state in PROMISED and hit:
                _keep(world, swap, [number for number in swap.numbers if number not in numbers])
                owe_on_top(world, swap_key)
                for _ in hit:
                    world.moved(swap.sku, 1, HOME, "reserved", "available")


def _keep(world: World, swap: Swap, left: list[int]) -> None:
    """The exchange for these units only, at their part of its price; for none it is over."""
    if not left:
        swap.state = "CANCELLED"
        return
    shares = prices(world, swap)
    swap.price = sum(shares[number] for number in left)
    swap.numbers = left
    is_paid = swap.paid >= costs_more(world, swap)
    swap.state = "RESERVED" if is_paid else "AWAITING_PAYMENT"


def lapse(world: World, line: AskedLine) -> None:
    """Where nothing is promised any more, units that got no replacement are paid back.

    So it is after every command, whatever it was about.
    """
    if not line.swaps or any(world.swaps[key].state in PROMISED for key in line.swaps):
        return
    if any(unit.authorization in ("DRAFT", *PENDING) for unit in line.units):
        return
    if any(u.settlement == "NONE" and u.authorization != "REJECTED" for u in line.units):
        line.wanted = None


def ship_swap(world: World, step: Step) -> None:
    """It leaves: its units count as settled. Units that were denied get none."""
    if world.swaps[step.target].state == "AWAITING_PAYMENT":
        raise Refused("payment_awaited")
    swap = _open(world, step, "RESERVED")
    request = world.requests[swap.request]
    line = request.lines[swap.line_no]
    units = [unit for unit in line.units if unit.ordinal in swap.numbers]
    owed = [unit for unit in units if unit.credit is not False and unit.settlement == "NONE"]
    if not owed:
        raise Refused("replacement_not_owed")
    for unit in units:
        world.moved(swap.sku, 1, HOME, "reserved", "customer" if unit in owed else "available")
    _keep(world, swap, sorted(unit.ordinal for unit in owed))
    swap.state = "SHIPPED"
    worth = sum(world.value(request, unit) for unit in owed)
    request.exchanged += min(worth, swap.price)
    if swap.price < worth:
        request.besides.append(less(world, step.target, owed))
    owe_on_top(world, step.target)
    for unit in owed:
        unit.settlement = "APPROVED" if swap.price < worth else "SETTLED"


def cross_ship_swap(world: World, step: Step) -> None:
    """It leaves before its units came; nobody holds money for it, which a person answers for."""
    ship_swap(world, step)
    world.swaps[step.target].advance = "OPEN"


def release_swap(world: World, step: Step) -> None:
    """Nothing is held any more, once nothing is awaited."""
    swap = world.swaps[step.target]
    if swap.advance not in ("OPEN", "OVERDUE"):
        raise Refused("exchange_not_open")
    if _awaited(world, swap):
        raise Refused("goods_awaited")
    swap.advance = "RELEASED"


def look_after_swap(world: World, step: Step) -> None:
    """Its time is over: either the units came, or a person decides."""
    swap = world.swaps[step.target]
    if swap.advance == "OPEN":
        swap.advance = "OVERDUE" if _awaited(world, swap) else "RELEASED"


def charge_swap(world: World, step: Step) -> None:
    """What did not come stays with the customer, who has paid so much for it."""
    swap = world.swaps[step.target]
    if swap.advance != "OVERDUE":
        raise Refused("exchange_not_open")
    request, units = world.requests[swap.request], _awaited(world, swap)
    worth = sum(world.value(request, unit) for unit in units)
    if not units or step.given["amount"] > worth:
        raise Refused("charge_too_large")
    for unit in units:
        unit.logistics, unit.disposition = "NOT_NEEDED", "KEPT_BY_CUSTOMER"
        unit.credit, unit.settlement = False, "SETTLED"
    request.charged[proof_of(step)] = step.given["amount"]
    swap.advance = "CHARGED"


def _awaited(world: World, swap: Swap) -> list[Unit]:
    """Its units, or what comes instead of them, that are to come or were lost by the customer."""
    request = world.requests[swap.request]
    order_line = request.lines[swap.line_no].order_line
    return [
        unit
        for line in request.lines.values()
        for unit in line.units
        if line.order_line == order_line and unit.ordinal in swap.numbers
        if unit.is_expected or (is_lost(unit) and unit.credit is not True)
    ]


def pay_swap(world: World, step: Step) -> None:
    """Somebody proves that the customer paid what it costs more, to the cent."""
    swap = _open(world, step, "AWAITING_PAYMENT")
    if step.given["amount"] != costs_more(world, swap):
        raise Refused("amount_differs")
    request = world.requests[swap.request]
    swap.paid += step.given["amount"]
    swap.state = "RESERVED"
    request.charged[proof_of(step)] = step.given["amount"]
    owe_on_top(world, step.target)


def proof_of(step: Step) -> str:
    """How the payment of a step is called."""
    return f"payment of {step.id}"


def fulfil_swap(world: World, step: Step) -> None:
    _open(world, step, "SHIPPED").state = "FULFILLED"


def cancel_swap(world: World, step: Step) -> None:
    swap = _open(world, step, *PROMISED)
    for _ in swap.numbers:
        world.moved(swap.sku, 1, HOME, "reserved", "available")
    swap.state = "CANCELLED"
    owe_on_top(world, step.target)


def unexchange(world: World, step: Step) -> None:
    """The replacement is expected instead, for money: the same units, as other goods."""
    swap = _open(world, step, *SENT)
    request = world.requests[swap.request]
    line = request.lines[swap.line_no]
    coming = [u for u in line.units if u.ordinal in swap.numbers and u.is_expected]
    coming = [unit for unit in coming if not unit.is_kept]
    if any(unit.settlement not in ("NONE", *REPLACED) for unit in coming):
        raise Refused("difference_under_way")
    expected = [unit for unit in coming if unit.settlement in REPLACED]
    count = step.given.get("quantity") or len(expected)
    if not 1 <= count <= len(expected):
        raise Refused("not_to_unexchange")
    units = sorted(expected, key=lambda unit: -unit.ordinal)[:count]
    for unit in units:
        unit.settlement, unit.is_kept = "NONE", True
    if len(units) == len(line.units):
        line.sku, line.wanted, line.is_replacement = swap.sku, None, True
        keep_what_was_sold(world, step.target, units, swap.line_no)
        return
    rest = [unit for unit in line.units if not any(unit is one for one in units)]
    line.units = rest
    number = next(
        str(no) for no in range(1, len(request.lines) + 2) if str(no) not in request.lines
    )
    request.lines[number] = AskedLine(
        swap.sku,
        line.order_line,
        units,
        line.reason,
        None,
        list(line.swaps),
        is_replacement=True,
        has_terms=line.has_terms,
        sold_sku=line.sold_sku,
    )
    keep_what_was_sold(world, step.target, units, number)


def _open(world: World, step: Step, *states: str) -> Swap:
    swap = world.swaps[step.target]
    if swap.state not in states:
        raise Refused("exchange_not_open")
    return swap

"""How money beside the goods of an exchange falls on units, and what of it changes with them.

The price of all replacements falls on single units by what was paid for each, in floors of a
running sum. So does what is left of a difference when some of its units leave it.
"""

from tests.simulation.model import Request, Swap, World
from tests.simulation.money import Beside
from tests.simulation.sharing import floors
from tests.simulation.units import Unit


def prices(world: World, swap: Swap) -> dict[int, int]:
    """What falls on each unit of an exchange, by its number."""
    values = [value_of(world, swap, number) for number in swap.numbers]
    return dict(zip(swap.numbers, floors(swap.price, values), strict=True))


def value_of(world: World, swap: Swap, number: int) -> int:
    """What was paid for the unit of this number."""
    request = world.requests[swap.request]
    sold = world.line_of(request, request.lines[swap.line_no])
    assert sold is not None, "what is exchanged was sold"
    return sold.value(number)


def costs_more(world: World, swap: Swap) -> int:
    """What is to be paid on top."""
    return max(0, swap.price - sum(value_of(world, swap, number) for number in swap.numbers))


def less(world: World, swap_key: str, units: list[Unit]) -> Beside:
    """What these units' replacement costs less than was paid for them."""
    swap = world.swaps[swap_key]
    values = [value_of(world, swap, unit.ordinal) for unit in units]
    return _over(swap_key, swap.line_no, units, values, sum(values) - swap.price)


def cut(world: World, request: Request, one: Beside, units: list[Unit]) -> Beside:
    """The difference of these of its units only."""
    kept = {id(unit) for unit in units}
    parts = [(unit, part) for unit, part in one.parts if id(unit) in kept]
    amount = sum(part for _, part in parts)
    values = [world.value(request, unit) for unit, _ in parts]
    left = [unit for unit, _ in parts]
    return _over(one.swap, one.line_no, left, values, amount, on_top=one.on_top)


def _over(
    swap_key: str,
    line_no: str,
    units: list[Unit],
    values: list[int],
    amount: int,
    *,
    on_top: bool = False,
) -> Beside:
    sign = 1 if on_top else -1
    places = sorted(range(len(units)), key=lambda place: units[place].ordinal)
    worth = [values[place] for place in places]
    falls = floors(sum(worth) + sign * amount, worth)
    parts = [
        (units[place], sign * (price - value))
        for place, price, value in zip(places, falls, worth, strict=True)
    ]
    return Beside(swap_key, line_no, parts, on_top=on_top)


def owe_on_top(world: World, swap_key: str) -> None:
    """What was paid on top and is not needed for the exchange as it is now goes back."""
    swap = world.swaps[swap_key]
    request = world.requests[swap.request]
    if not swap.paid:
        return
    needed = 0 if swap.state == "CANCELLED" else costs_more(world, swap)
    request.besides = [
        one for one in request.besides if one.swap != swap_key or not one.on_top or one.is_of_units
    ]
    left = max(0, swap.paid - needed)
    if left:
        request.besides.append(Beside(swap_key, swap.line_no, [], left, on_top=True))


def keep_what_was_sold(world: World, swap_key: str, units: list[Unit], line_no: str) -> None:
    """Units whose replacement comes back: what is settled stays, the rest is owed no more.

    What was paid on top for them goes back once they are accepted, on their new line.
    """
    swap = world.swaps[swap_key]
    request = world.requests[swap.request]
    leaving = {id(unit) for unit in units}
    paid = [one for payout in request.standing for one in payout.besides]
    besides: list[Beside] = []
    for one in request.besides:
        own = [unit for unit, _ in one.parts]
        if one.swap != swap_key or one.on_top or not any(id(unit) in leaving for unit in own):
            besides.append(one)
            continue
        gone = {id(unit) for other in paid if other.is_like(one) for unit, _ in other.parts}
        settled = [unit for unit in own if id(unit) in gone]
        rest = [unit for unit in own if id(unit) not in gone | leaving]
        besides += [cut(world, request, one, part) for part in (settled, rest) if part]
    request.besides = besides
    shares = prices(world, swap)
    price = sum(shares[unit.ordinal] for unit in units)
    values = [world.value(request, unit) for unit in units]
    more = price - sum(values)
    if swap.paid and more > 0:
        besides.append(_over(swap_key, line_no, units, values, more, on_top=True))


def given_beside(world: World, request: Request, line_nos: set[str]) -> int:
    """What was given beside a replacement for units that came to keep what was sold."""
    total = 0
    for line in (request.lines[line_no] for line_no in line_nos):
        mine = {id(unit) for unit in line.units} if line.is_replacement else set()
        total += sum(
            part
            for payout in request.standing
            for one in payout.besides
            if not one.on_top
            for unit, part in one.parts
            if id(unit) in mine
        )
    return total

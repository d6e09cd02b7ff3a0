"""What units are worth that leave a place: layers of one cost each, which sum to their exact share.

A balance knows its value, not which unit cost what. So units leave at the average, and the cents
that do not divide go with single units: all units together take all of the value along.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from chalicelib.core.money import Money, round_half_even
from chalicelib.inventory.model import Balance


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """Units at one cost each; None: nobody knows."""

    quantity: int
    unit_cost: Money | None


Layers = tuple[Layer, ...]


def layers_of(balance: Balance | None, quantity: int) -> Layers:
    """The cost of `quantity` units out of a balance. Of goods that are not there nothing is known.

    Goods valued in several currencies are rare: their units share them out, one currency a unit.
    """
    assert quantity > 0, "units leave"
    if balance is None or balance.quantity <= 0:
        return (Layer(quantity=quantity, unit_cost=None),)
    part = min(quantity, balance.quantity)
    worth = {
        currency: round_half_even(minor * part, balance.quantity)
        for currency, minor in sorted(balance.value_minor.items())
        if minor > 0
    }
    layers: list[Layer] = []
    left = quantity
    for place, (currency, minor) in enumerate(worth.items()):
        others = len(worth) - place - 1
        count = left - others if place == 0 else min(1, left)
        if count <= 0:
            continue
        layers += _spread(minor, count, currency)
        left -= count
    if not layers:
        return (Layer(quantity=quantity, unit_cost=None),)
    assert left == 0, "every unit has its layer"
    return tuple(layers)


def first_of(layers: Layers, quantity: int) -> tuple[Layers, Layers]:
    """The first `quantity` units, and the rest."""
    first: list[Layer] = []
    rest: list[Layer] = []
    for layer in layers:
        mine = min(layer.quantity, quantity)
        quantity -= mine
        if mine:
            first.append(Layer(quantity=mine, unit_cost=layer.unit_cost))
        if layer.quantity > mine:
            rest.append(Layer(quantity=layer.quantity - mine, unit_cost=layer.unit_cost))
    assert quantity == 0, "no more leave than there are"
    return tuple(first), tuple(rest)


def value_of(layers: Sequence[Layer]) -> dict[str, int]:
    """What the layers are worth, in minor units by currency."""
    values: dict[str, int] = {}
    for layer in layers:
        if layer.unit_cost is not None:
            currency = layer.unit_cost.currency
            values[currency] = values.get(currency, 0) + layer.unit_cost.minor * layer.quantity
    return values


def _spread(minor: int, count: int, currency: str) -> list[Layer]:
    low, more = divmod(minor, count)
    parts = ((count - more, low), (more, low + 1))
    return [
        Layer(quantity=units, unit_cost=Money(cost, currency)) for units, cost in parts if units
    ]

"""Kits: sold as one line, delivered and returned as the lines of their parts.

Pure. The line of a part follows from its kit line alone (`<kit line>.<n>`), so the same order told
again is the same lines. What each part was paid for is orders.value's business.
"""

from collections.abc import Sequence
from dataclasses import replace

from chalicelib.core.money import Money, round_half_even, split_by_weight
from chalicelib.orders.model import (
    DeliveredItem,
    Delivery,
    KitComponent,
    LineKind,
    Order,
    OrderLine,
)


def exploded(order: Order, undivided: frozenset[str] = frozenset()) -> Order:
    """The order as told with the parts of each kit as lines behind it, and deliveries of parts.

    `undivided` names kits that stay one line.
    """
    lines: list[OrderLine] = []
    for line in order.lines:
        if line.kit and line.line_no not in undivided:
            lines += [replace(line, kind=LineKind.KIT), *_part_lines(line)]
        elif line.kit:
            lines.append(replace(line, kind=LineKind.GOODS))
        else:
            lines.append(line)
    whole = replace(order, lines=tuple(lines))
    return replace(
        whole, deliveries=tuple(delivered_parts(whole, told) for told in order.deliveries)
    )


def undivided(known: Order | None) -> frozenset[str]:
    """The kits that were delivered as goods of their own, before kits were divided."""
    if known is None:
        return frozenset()
    return frozenset(
        line.line_no
        for line in known.lines
        if line.kit and line.kind is not LineKind.KIT and known.shipped(line.line_no)
    )


def delivered_parts(order: Order, delivery: Delivery) -> Delivery:
    """The delivery with items that name a kit as items of its parts.

    One that states a lot or serials stays: whose they are is not said, which is a fault.
    """
    lines = {line.line_no: line for line in order.lines}
    items: list[DeliveredItem] = []
    for item in delivery.items:
        line = lines.get(item.line_no)
        if line is None or line.kind is not LineKind.KIT or item.lot or item.serials:
            items.append(item)
            continue
        items.extend(
            DeliveredItem(line_no=line_no, quantity=quantity)
            for line_no, quantity in units_of(line, item.quantity)
        )
    return replace(delivery, items=tuple(items))


def units_of(line: OrderLine, quantity: int) -> tuple[tuple[str, int], ...]:
    """Which lines so many of this line are, and how many units of each: for a kit, its parts."""
    if line.kind is not LineKind.KIT:
        return ((line.line_no, quantity),)
    return tuple(
        (part_line_no(line, number), quantity * part.quantity)
        for number, part in enumerate(line.kit, start=1)
    )


def whole_kits(line: OrderLine, counted: dict[str, int]) -> int:
    """How many whole kits can be made of so many units per part line."""
    return min(counted.get(part_no, 0) // per_kit for part_no, per_kit in units_of(line, 1))


def part_line_no(line: OrderLine, number: int) -> str:
    """The line of the kit's `number`-th part, from 1."""
    return f"{line.line_no}.{number}"


def weights(kit: Sequence[KitComponent]) -> list[int]:
    """The shares of the price as whole numbers in the same proportion."""
    halves = [part.share.partition(".") for part in kit]
    digits = max((len(fraction) for _, _, fraction in halves), default=0)
    return [int(whole + fraction.ljust(digits, "0")) for whole, _, fraction in halves]


def _part_lines(line: OrderLine) -> list[OrderLine]:
    nothing = Money.zero(line.unit_price.currency)
    return [
        OrderLine(
            line_no=part_line_no(line, number),
            kit_of=line.line_no,
            sku=part.sku,
            gtin=part.gtin,
            name=part.name or part.sku,
            quantity=line.quantity * part.quantity,
            unit_price=nothing,
            discount=nothing,
            unit_cost=cost,
            category=line.category,
            tags=line.tags,
            final_sale=line.final_sale,
            supplier_id=line.supplier_id,
            warranty_end=line.warranty_end,
            invoice_no=line.invoice_no,
            invoice_date=line.invoice_date,
        )
        for number, (part, cost) in enumerate(zip(line.kit, _costs(line), strict=True), start=1)
    ]


def _costs(line: OrderLine) -> list[Money | None]:
    """What one of each part costs us: as stated, else its share of what the kit costs.

    The shares sum to the kit's cost. Where a share does not divide by the parts of one kit, the
    cost of one part is the nearest amount: what goes out at it comes back at it.
    """
    if line.unit_cost is None:
        return [part.unit_cost for part in line.kit]
    shares = split_by_weight(line.unit_cost.minor, weights(line.kit))
    return [
        part.unit_cost
        if part.unit_cost is not None
        else Money(round_half_even(share, part.quantity), line.unit_cost.currency)
        for part, share in zip(line.kit, shares, strict=True)
    ]

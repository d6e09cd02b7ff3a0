"""What is sold next, and what somebody asks to give back of it."""

from itertools import islice
from typing import Any

from tests.simulation.model import World
from tests.simulation.steps import AS_CREDIT, TO_REPAIR, Choices, is_lucky, pick
from tests.simulation.terms import TERMS

SKUS = ("TEA", "CUP", "POT")
INSTEAD = (*SKUS, AS_CREDIT, AS_CREDIT, TO_REPAIR, TO_REPAIR)
DEFECT = "OTHER"
"""The reason of what is to be repaired; others ask for papers."""
REASONS = ("CHANGED_MIND", "SIZE_TOO_SMALL")
RECENT_SALES = 8
Wish = tuple[str, int, str, str | None]
Given = dict[str, Any]
"""Any: the arguments of a command."""


def sale(choices: Choices, step_id: str) -> Given:
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
    second = pick(choices, ("manual", "sandbox", "store_credit"))
    payments = [(f"{step_id}-card", "sandbox", card), (f"{step_id}-other", second, left - card)]
    alone = {"alone": True} if is_lucky(choices, 15) else {}
    terms = {"terms": pick(choices, tuple(TERMS))} if is_lucky(choices, 50) else {}
    spare = [(pick(choices, SKUS), 1 + choices.upto(4))] if is_lucky(choices, 80) else []
    return {
        "lines": lines, "discount": discount, "payments": payments, "spare": spare,
        **alone, **terms,
    }  # fmt: skip


def request(world: World, choices: Choices) -> Given:
    recent = latest(world.sales, RECENT_SALES)
    left = [key for key in recent if any(line.free for line in world.sales[key].lines.values())]
    order = pick(choices, recent if not left or is_lucky(choices, 10) else left)
    submit = not is_lucky(choices, 30)
    return {"order": order, "wishes": wishes(world, choices, order), "submit": submit}


def wishes(world: World, choices: Choices, order: str) -> list[Wish]:
    lines = world.sales[order].lines
    left = [line_no for line_no, line in lines.items() if line.free]
    wishes = []
    for _ in range(1 + choices.upto(1)):
        line_no = pick(choices, list(lines) if not left or is_lucky(choices, 10) else left)
        most = max(1, len(lines[line_no].free) + (1 if is_lucky(choices, 10) else 0))
        wanted = pick(choices, INSTEAD) if is_lucky(choices, 40) else None
        if wanted in SKUS:
            wanted += _priced(choices, 2 * lines[line_no].price)
        reason = pick(choices, REASONS) if wanted != TO_REPAIR else DEFECT
        wishes.append((line_no, 1 + choices.upto(most - 1), reason, wanted))
    return wishes


def _priced(choices: Choices, most: int) -> str:
    """What somebody says that a replacement costs: as much, so much, or nothing at all."""
    return pick(choices, ("", "", "@?", f"@{1 + choices.upto(most)}", f"@{1 + choices.upto(most)}"))


def latest(known: dict[str, Any], count: int) -> list[str]:
    return list(islice(reversed(known), count))

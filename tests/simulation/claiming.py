"""Claims: they hold units of a sold line like a request, until they are denied or cancelled."""

from tests.simulation.model import Claim, World
from tests.simulation.steps import Step
from tests.simulation.units import Refused

ADMITTED = {
    "OPEN": ("approve-claim", "deny-claim", "cancel-claim"),
    "APPROVED": ("resolve-claim", "cancel-claim"),
}
BECOMES = {
    "approve-claim": "APPROVED",
    "deny-claim": "DENIED",
    "resolve-claim": "RESOLVED",
    "cancel-claim": "CANCELLED",
}


def claim(world: World, step: Step) -> None:
    order_no, line_no = step.given["order"], step.given["line"]
    sold = world.sales[order_no].lines[line_no]
    count = step.given["quantity"]
    if count > len(sold.free):
        raise Refused("not_returnable_quantity")
    units = sold.free[:count]
    sold.held |= dict.fromkeys(units, step.id)
    world.claims[step.id] = Claim(order_no, line_no, units)


def decide_claim(world: World, step: Step) -> None:
    """Denied or cancelled, its units are free; resolved, they are consumed."""
    made = world.claims[step.target]
    if step.command not in ADMITTED.get(made.state, ()):
        raise Refused("claim_not_open")
    made.state = BECOMES[step.command]
    if made.state in ("DENIED", "CANCELLED"):
        held = world.sales[made.order_no].lines[made.line_no].held
        for unit in made.units:
            assert held.pop(unit) == step.target, "held by its own claim"

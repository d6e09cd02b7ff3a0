"""Which carrier had units of a return: by the latest parcel that holds them. Pure."""

from chalicelib.core import runs
from chalicelib.core.events import Json
from chalicelib.returns.model import Return
from chalicelib.returns.selection import UnitsByLine
from chalicelib.returns.shipments import ON_THE_ROAD, units_in


def carriers_of(ret: Return, units: UnitsByLine) -> dict[str, int]:
    """How many of the units each carrier had; units of no parcel are left out."""
    left = dict(units)
    found: dict[str, int] = {}
    for shipment in reversed(ret.shipments):
        if shipment.state not in ON_THE_ROAD:
            continue
        for line_no, inside in units_in(shipment).items():
            part = runs.common(left.get(line_no, ()), inside)
            if part:
                left[line_no] = runs.minus(left[line_no], part)
                found[shipment.carrier] = found.get(shipment.carrier, 0) + runs.size(part)
    return found


def carrier_facts(ret: Return, units: UnitsByLine) -> list[Json]:
    """The same, as events tell of it."""
    found = carriers_of(ret, units)
    return [{"carrier": name, "quantity": found[name]} for name in sorted(found)]

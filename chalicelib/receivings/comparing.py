"""Which driver's number differs from what a count found: the carrier may have to answer for it.

Pure. Units of one kind cannot be told apart, so with several parcels on the way it is not known
which of them was counted. Nobody is blamed while what came so far may be some of them, whole.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from chalicelib.returns.handovers import HandoverReceipt, collected, in_warehouse
from chalicelib.returns.model import Return, Shipment, ShipmentState
from chalicelib.returns.shipments import size_of
from chalicelib.returns.units import quantities

_CAME_THIS_WAY = frozenset({ShipmentState.IN_TRANSIT, ShipmentState.DELIVERED, ShipmentState.LOST})
_PARCELS_MAX = 12
"""Of more parcels, any number may be some of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A driver's receipt, and how many of its units were found."""

    paper: HandoverReceipt
    found: int


def differences(
    papers: Sequence[HandoverReceipt], before: Return, after: Return, counted: int
) -> list[Difference]:
    """What a count of so many goods of the return, which is `after` it, found against drivers."""
    told = collected(papers)
    parcels = [one for one in after.shipments if one.state in _CAME_THIS_WAY]
    if len(parcels) <= 1:
        all_of_it = [(paper, in_warehouse(before, paper) + counted) for paper in told]
        return [_difference(*one) for one in all_of_it if one[1] != one[0].units]
    if _may_be_whole(parcels, told, before, after, counted):
        return []
    here = [(paper, in_warehouse(after, paper)) for paper in told]
    return [
        _difference(paper, found)
        for paper, found in here
        if found > in_warehouse(before, paper) and found != paper.units
    ]


def _difference(paper: HandoverReceipt, found: int) -> Difference:
    return Difference(paper=paper, found=found)


def _may_be_whole(
    parcels: Sequence[Shipment],
    papers: Sequence[HandoverReceipt],
    before: Return,
    after: Return,
    counted: int,
) -> bool:
    """Whether all that came so far, surplus of this count included, are some parcels as told."""
    if len(parcels) > _PARCELS_MAX:
        return True
    by_driver = {paper.shipment_id: paper.units for paper in papers}
    sums = {0}
    for parcel in parcels:
        size = by_driver.get(parcel.shipment_id, size_of(parcel))
        sums |= {one + size for one in sums}
    surplus = counted - (_received(after) - _received(before))
    return _received(after) + surplus in sums


def _received(ret: Return) -> int:
    return sum(quantities(line).received for line in ret.lines)

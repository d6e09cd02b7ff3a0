"""Repairs: what goes back repaired, and what the customer gets for what cannot be."""

from typing import Annotated

from pydantic import Field

from chalicelib.api.schemas.shipping import CarrierName, NamedQuantityBody, TrackingNo
from chalicelib.contracts.fields import Code, Id, Price, Strict, Word
from chalicelib.exchanges.pricing import Stated
from chalicelib.returns.model import Resolution
from chalicelib.returns.repairing import NotRepairable, Repaired


class RepairedBody(Strict):
    """Repaired units that go back to the customer: a code for what was done, what it cost us, and
    how they travel."""

    lines: Annotated[tuple[NamedQuantityBody, ...], Field(min_length=1, max_length=100)]
    work: Word | None = Field(default=None, examples=["PART_REPLACED"])
    cost: Price | None = None
    carrier: CarrierName | None = None
    tracking_no: TrackingNo | None = None

    def to_domain(self) -> Repaired:
        return Repaired(
            lines=tuple(line.to_domain() for line in self.lines),
            work=self.work,
            cost=self.cost.to_domain() if self.cost else None,
            carrier=self.carrier,
            tracking_no=self.tracking_no,
        )


class NotRepairableBody(Strict):
    """A line that cannot be repaired, and what the customer gets instead: `refund` or `exchange`.

    Exchanged for other goods (`exchange_for`), one of them costs `exchange_price`, or is even.
    """

    line_no: Id
    instead: Resolution
    exchange_for: Code | None = None
    exchange_price: Price | None = None
    exchange_even: bool = False

    def to_domain(self) -> NotRepairable:
        price = self.exchange_price
        return NotRepairable(
            line_no=self.line_no,
            instead=self.instead,
            exchange_for=self.exchange_for,
            stated=Stated(
                prices={} if price is None else {self.line_no: price.to_domain()},
                even=(self.line_no,) if self.exchange_even else (),
            ),
        )

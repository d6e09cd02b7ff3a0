"""What carriers owe us for goods, and what each of them came to in a period."""

from typing import Annotated, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from chalicelib.analytics.scorecards import Card, Scorecard
from chalicelib.api.schemas.shipping import CarrierName
from chalicelib.contracts.fields import (
    Id,
    Moment,
    MomentOut,
    MoneyOut,
    Note,
    Price,
    Quantity,
    Strict,
    View,
)
from chalicelib.liability.opening import Cause, OpenClaim


class OpenClaimBody(Strict):
    """Units of a line of a `return` (id or number) that their carrier lost, or damaged.

    `damaged` are those whose fault an inspector laid on the carrier; `evidence` are photos of the
    return.
    """

    return_ref: Id = Field(alias="return")
    line_no: Id
    cause: Cause
    reason: Note
    quantity: Quantity | None = None
    amount: Price | None = None
    carrier: CarrierName | None = None
    evidence: Annotated[tuple[Id, ...], Field(max_length=20)] = ()

    def to_domain(self) -> OpenClaim:
        return OpenClaim(
            return_ref=self.return_ref,
            line_no=self.line_no,
            cause=self.cause,
            reason=self.reason,
            quantity=self.quantity,
            amount=self.amount.to_domain() if self.amount else None,
            carrier=self.carrier,
            evidence=self.evidence,
        )


class ScorecardQuery(Strict):
    """Whole days: `from` is included, `to` is not. Of one `carrier`, or of all."""

    since: Moment = Field(alias="from")
    until: Moment = Field(alias="to")
    carrier: CarrierName | None = None

    @model_validator(mode="after")
    def _is_a_period(self) -> Self:
        if self.until <= self.since:
            raise PydanticCustomError("period", "`to` should be after `from`")
        return self


class CarrierCardView(View):
    """`days` from the first scan to the arrival; `late` parcels took more than `promised_days`.

    `found_units` are lost ones that came after all, in the period.

    `open` claims were opened in the period and not ended in it. `recovery_percent` is what was made
    good of what ended, by currency.
    """

    carrier: str
    shipments: int
    shipped_units: int
    delivered: int
    delivered_units: int
    lost_units: int
    found_units: int
    damaged_units: int
    damage_reports: int
    count_differences: int
    units_missing: int
    days_median: int | None
    days_p90: int | None
    promised_days: int
    late: int
    late_days_median: int | None
    late_days_p90: int | None
    claims_opened: int
    claims_recovered: int
    claims_refused: int
    claims_open: int
    claim_days_average: float | None
    claimed: tuple[MoneyOut, ...]
    recovered: tuple[MoneyOut, ...]
    recovery_percent: dict[str, float]

    @classmethod
    def of(cls, card: Card) -> Self:
        return cls(
            carrier=card.carrier,
            shipments=card.shipments,
            shipped_units=card.shipped_units,
            delivered=card.delivered,
            delivered_units=card.delivered_units,
            lost_units=card.lost_units,
            found_units=card.found_units,
            damaged_units=card.damaged_units,
            damage_reports=card.damage_reports,
            count_differences=card.count_differences,
            units_missing=card.units_missing,
            days_median=card.days_median,
            days_p90=card.days_p90,
            promised_days=card.promised_days,
            late=card.late,
            late_days_median=card.late_days_median,
            late_days_p90=card.late_days_p90,
            claims_opened=card.claims_opened,
            claims_recovered=card.claims_recovered,
            claims_refused=card.claims_refused,
            claims_open=card.open_claims,
            claim_days_average=card.claim_days_average,
            claimed=card.claimed,
            recovered=card.recovered,
            recovery_percent=card.recovery_percent,
        )


class ScorecardView(View):
    """One card a carrier; what begins at or after `complete_until` may grow."""

    carriers: tuple[CarrierCardView, ...]
    complete_until: MomentOut | None

    @classmethod
    def of(cls, found: Scorecard) -> Self:
        return cls(
            carriers=tuple(CarrierCardView.of(card) for card in found.cards),
            complete_until=found.complete_until,
        )

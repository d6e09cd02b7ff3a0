"""The smaller parts of a return as it is shown: parcels, pickup, deadline, appeals, papers."""

from datetime import date
from typing import Any, Self

from chalicelib.contracts.fields import MomentOut, MoneyOut, View
from chalicelib.core import runs
from chalicelib.returns.model import (
    Appeal,
    AppealAgainst,
    AppealState,
    CauseReport,
    Deadline,
    DeadlineKind,
    PickupSlot,
    Shipment,
    ShipmentState,
)


class DocumentView(View):
    kind: str
    ref: str


class ShippedLineView(View):
    """How many units of a line are in a parcel."""

    line_no: str
    quantity: int


class ShipmentView(View):
    """A parcel on its way to us, or a label for one; `lines` is empty until it is known to go.

    `reason` is why its carrier refused something.
    """

    shipment_id: str
    carrier: str
    tracking_no: str | None
    state: ShipmentState
    lines: tuple[ShippedLineView, ...]
    reason: str | None
    has_label: bool
    requested_at: MomentOut | None
    expires_at: MomentOut | None
    scanned_at: MomentOut | None
    arrived_at: MomentOut | None

    @classmethod
    def of(cls, shipment: Shipment) -> Self:
        return cls(**fields_of(shipment))


def fields_of(shipment: Shipment) -> dict[str, Any]:  # Any: checked by the view
    return {
        "shipment_id": shipment.shipment_id,
        "carrier": shipment.carrier,
        "tracking_no": shipment.tracking_no,
        "state": shipment.state,
        "lines": tuple(
            ShippedLineView(line_no=part.line_no, quantity=runs.size(part.units))
            for part in shipment.units
        ),
        "reason": shipment.reason,
        "has_label": shipment.label_key is not None,
        "requested_at": shipment.requested_at,
        "expires_at": shipment.expires_at,
        "scanned_at": shipment.scanned_at,
        "arrived_at": shipment.arrived_at,
    }


class PickupView(View):
    """When a carrier comes to fetch the goods; `reference` is the carrier's, once booked."""

    slot_id: str
    carrier: str
    day: date
    window: str
    reference: str | None

    @classmethod
    def of(cls, pickup: PickupSlot) -> Self:
        return cls(
            slot_id=pickup.slot_id,
            carrier=pickup.carrier,
            day=pickup.day,
            window=pickup.window,
            reference=pickup.reference,
        )


class DeadlineView(View):
    """What is waited for: `draft` to be submitted, `answer` to a question, `ship` the goods."""

    kind: DeadlineKind
    due_at: MomentOut
    remind_at: MomentOut
    reminded_at: MomentOut | None

    @classmethod
    def of(cls, deadline: Deadline) -> Self:
        return cls(
            kind=deadline.kind,
            due_at=deadline.due_at,
            remind_at=deadline.remind_at,
            reminded_at=deadline.reminded_at,
        )


class AppealView(View):
    """An objection to a decision; `line_nos` empty: against all that was decided so.

    `grounds` and `answer` are shown when the return is read. Answers to commands are remembered:
    they leave out what people wrote.
    """

    appeal_id: str
    against: AppealAgainst
    line_nos: tuple[str, ...]
    grounds: str | None
    state: AppealState
    opened_at: MomentOut
    opened_by: str
    decided_at: MomentOut | None
    decided_by: str | None
    answer: str | None
    award: MoneyOut | None

    @classmethod
    def of(cls, appeal: Appeal, *, with_words: bool = False) -> Self:
        return cls(
            appeal_id=appeal.appeal_id,
            against=appeal.against,
            line_nos=appeal.line_nos,
            grounds=appeal.grounds if with_words else None,
            state=appeal.state,
            opened_at=appeal.opened_at,
            opened_by=appeal.opened_by,
            decided_at=appeal.decided_at,
            decided_by=appeal.decided_by,
            answer=appeal.answer if with_words else None,
            award=appeal.award,
        )


class ReportedView(View):
    """That there is a cause report; what it says is for staff, at its own address."""

    reported_by: str
    reported_at: MomentOut

    @classmethod
    def of(cls, report: CauseReport) -> Self:
        return cls(reported_by=report.reported_by, reported_at=report.reported_at)


class CauseReportView(View):
    """Why the goods come back, as it was written down."""

    asked: tuple[str, ...]
    investigation: str
    data: str
    conclusion: str
    reported_by: str
    reported_at: MomentOut

    @classmethod
    def of(cls, report: CauseReport) -> Self:
        return cls(
            asked=report.asked,
            investigation=report.investigation,
            data=report.data,
            conclusion=report.conclusion,
            reported_by=report.reported_by,
            reported_at=report.reported_at,
        )

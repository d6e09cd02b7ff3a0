"""Settlements: paying a return out, leg by leg."""

from typing import Literal, Self

from pydantic import Field

from chalicelib.api.schemas.fees import FeeView
from chalicelib.contracts.fields import Id, Label, MomentOut, MoneyOut, Strict, View
from chalicelib.core import runs
from chalicelib.settlement.model import LegState, Settlement, SettlementState


class SettlementBody(Strict):
    """`plan` shows what would be paid; `execute` pays it."""

    mode: Literal["execute", "plan"] = "execute"


class ConfirmBody(Strict):
    """A person's proof that a payment was made outside of any provider."""

    payment_id: Id
    proof: Label = Field(examples=["SEPA 2026-11-21 9F3K"])


class LegView(View):
    """The part of a settlement that goes to one payment."""

    payment_id: str
    provider: str
    amount: MoneyOut
    state: LegState
    attempt: int
    reference: str | None
    reason: str | None


class SettledLineView(View):
    """Units that are paid back, and what was paid for them; fees are taken of all together."""

    line_no: str
    units: str
    quantity: int
    amount: MoneyOut


class SettlementView(View):
    """`amount` is what the lines come to, less the fees; `shortfall` is what of it the order's
    payments cannot carry back.
    """

    settlement_id: str
    state: SettlementState
    amount: MoneyOut
    paid: MoneyOut
    shortfall: MoneyOut
    lines: tuple[SettledLineView, ...]
    fees: tuple[FeeView, ...]
    legs: tuple[LegView, ...]
    created_at: MomentOut
    version: int | None = None
    """Of the return, in answers about one settlement."""

    @classmethod
    def of(cls, settlement: Settlement, version: int | None = None) -> Self:
        return cls(
            settlement_id=settlement.settlement_id,
            state=settlement.state,
            amount=settlement.amount,
            paid=settlement.paid,
            shortfall=settlement.shortfall,
            lines=tuple(
                SettledLineView(
                    line_no=line.line_no,
                    units=runs.as_text(line.units),
                    quantity=runs.size(line.units),
                    amount=line.amount,
                )
                for line in settlement.lines
            ),
            fees=FeeView.of_all(settlement.fees),
            legs=tuple(
                LegView(
                    payment_id=leg.payment_id,
                    provider=leg.provider,
                    amount=leg.amount,
                    state=leg.state,
                    attempt=leg.attempt,
                    reference=leg.reference,
                    reason=leg.reason,
                )
                for leg in settlement.legs
            ),
            created_at=settlement.created_at,
            version=version,
        )


class SettlementsView(View):
    items: tuple[SettlementView, ...]

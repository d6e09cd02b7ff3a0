"""Settlements: paying a return out, leg by leg."""

from typing import Literal, Self

from pydantic import Field

from chalicelib.api.schemas.components import ComponentsView
from chalicelib.api.schemas.fees import FeeView
from chalicelib.contracts.fields import Id, Label, MomentOut, MoneyOut, Strict, View
from chalicelib.core import runs
from chalicelib.settlement.model import Difference, LegState, Settlement, SettlementState


class SettlementBody(Strict):
    """`plan` shows what would be paid; `execute` pays it."""

    mode: Literal["execute", "plan"] = "execute"


LegOf = Id | Literal["-"]
"""The payment that a leg goes back to; "-": none of the order's, it is paid beside them."""


class ConfirmBody(Strict):
    """A person's proof that a payment was made outside of any provider: a file that was uploaded
    for it, or the reference of a paper that is kept elsewhere.
    """

    payment_id: LegOf
    proof: Label = Field(examples=["SEPA 2026-11-21 9F3K"])


class LegView(View):
    """The part of a settlement that goes to one payment ("-": paid beside the order's payments), or
    back to who paid on top of an exchange (then `payment_id` is the exchange).

    HELD waits for a second person; FROZEN came back after it was paid, or its payment is disputed
    (`reason`); of what is CANCELLED the reason says who gave it up, or gave it in our place.
    """

    payment_id: str
    provider: str
    amount: MoneyOut
    state: LegState
    attempt: int
    reference: str | None
    reason: str | None


class SettledLineView(View):
    """Units that are paid back, and for how much: what was paid for them, less what promotions
    withhold of it. Fees are taken of all lines together.
    """

    line_no: str
    units: str
    quantity: int
    amount: MoneyOut
    withheld: MoneyOut


class AwardView(View):
    """What an upheld appeal gave on top."""

    appeal_id: str
    amount: MoneyOut


class ExchangeDifferenceView(View):
    """What is paid beside the goods of an exchange: what a replacement cost less, or (`on_top`)
    what was paid on top of it and not needed."""

    exchange_id: str
    line_no: str
    units: str
    amount: MoneyOut
    on_top: bool

    @classmethod
    def of_all(cls, differences: tuple[Difference, ...]) -> tuple[Self, ...]:
        return tuple(
            cls(
                exchange_id=one.exchange_id,
                line_no=one.line_no,
                units=runs.as_text(one.units),
                amount=one.amount,
                on_top=one.on_top,
            )
            for one in differences
        )


class SettlementView(View):
    """`amount` is what the lines, shipping, awards and differences come to, less the fees;
    `shortfall` is what the order's payments cannot carry back of it, `written_off` what was given
    up.

    `second_person_above`: with it the refund is larger, so another person approves it before it is
    sent; customers are not told.
    `components` is what goes back, part by part; null for awards alone, and for goods on no order.
    """

    settlement_id: str
    state: SettlementState
    amount: MoneyOut
    paid: MoneyOut
    shortfall: MoneyOut
    lines: tuple[SettledLineView, ...]
    fees: tuple[FeeView, ...]
    awards: tuple[AwardView, ...]
    differences: tuple[ExchangeDifferenceView, ...]
    components: ComponentsView | None
    legs: tuple[LegView, ...]
    created_at: MomentOut
    second_person_above: MoneyOut | None
    approved_at: MomentOut | None
    written_off: MoneyOut | None
    credit_id: str | None
    reversed_at: MomentOut | None
    started_by: str | None = None
    approved_by: str | None = None
    reversed_by: str | None = None
    """Who did it: as with `reason`, told to staff when they read it."""
    reason: str | None = None
    """Why it was taken back, or a part of it given up."""
    version: int | None = None
    """Of the return, in answers about one settlement."""

    @classmethod
    def of(
        cls, settlement: Settlement, version: int | None = None, *, for_staff: bool = False
    ) -> Self:
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
                    withheld=line.worth - line.amount,
                )
                for line in settlement.lines
            ),
            fees=FeeView.of_all(settlement.fees),
            awards=tuple(
                AwardView(appeal_id=award.appeal_id, amount=award.amount)
                for award in settlement.awards
            ),
            differences=ExchangeDifferenceView.of_all(settlement.differences),
            components=ComponentsView.of(settlement.breakdown),
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
            second_person_above=settlement.second_above,
            approved_at=settlement.approved_at,
            written_off=settlement.written_off,
            credit_id=settlement.credit_id,
            reversed_at=settlement.reversed_at,
            started_by=settlement.created_by if for_staff else None,
            approved_by=settlement.approved_by if for_staff else None,
            reversed_by=settlement.reversed_by if for_staff else None,
            reason=settlement.reason if for_staff else None,
            version=version,
        )

    def discreet(self) -> Self:
        """As customers see it: how we agree among ourselves is left out."""
        return self.model_copy(update={"second_person_above": None, "approved_at": None})


class SettlementsView(View):
    items: tuple[SettlementView, ...]

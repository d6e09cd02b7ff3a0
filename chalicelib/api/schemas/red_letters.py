"""Red-letter invoices (红字发票): asked for, their steps, and what is handed to the tax system."""

from datetime import date
from typing import Self

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from chalicelib.api.schemas.sellers import IdentityView
from chalicelib.contracts.fields import Code, MomentOut, MoneyOut, Strict, View
from chalicelib.invoicing.handover import Handover
from chalicelib.invoicing.red_letter import (
    BlueUse,
    RedLetter,
    RedLine,
    RedReason,
    RedState,
    RedStep,
)
from chalicelib.invoicing.red_letters import AskFor


class RedLetterBody(Strict):
    """Why the blue invoice is taken back, and what its buyer did with it so far."""

    reason: RedReason = RedReason.SALES_RETURN
    blue_use: BlueUse = BlueUse.UNUSED

    def to_domain(self) -> AskFor:
        return AskFor(reason=self.reason, blue_use=self.blue_use)


class RedLetterStepBody(Strict):
    """A step with its reference, or what the buyer did with the blue invoice where that changed.

    `ask` names the form's number, `issue` that of the red invoice, `refuse` the code of a refusal.
    """

    step: RedStep | None = None
    reference: Code | None = None
    blue_use: BlueUse | None = None

    @model_validator(mode="after")
    def _is_one_thing(self) -> Self:
        if (self.step is None) == (self.blue_use is None):
            raise PydanticCustomError("one_of_two", "Either `step` or `blue_use` is stated")
        return self


class RedLineView(View):
    """What is taken off one line; figures are negative, as they stand on the red invoice."""

    line_no: str | None
    code: str
    name: str | None
    quantity: int
    net: MoneyOut
    rate: str
    tax: MoneyOut

    @classmethod
    def of(cls, line: RedLine) -> Self:
        return cls(
            line_no=line.line_no,
            code=line.code,
            name=line.name,
            quantity=line.quantity,
            net=line.net,
            rate=line.rate,
            tax=line.tax,
        )


class RedLetterView(View):
    """`allowed` are the steps that it takes now. `confirm_by`: after that its form is void."""

    id: str
    credit_note_id: str
    return_id: str
    blue_invoice_no: str
    state: RedState
    reason: RedReason
    blue_use: BlueUse
    form_no: str | None
    confirm_by: MomentOut | None
    red_invoice_no: str | None
    refused_because: str | None
    lines: tuple[RedLineView, ...]
    total: MoneyOut
    allowed: tuple[RedStep, ...]
    opened_at: MomentOut
    version: int

    @classmethod
    def of(cls, red: RedLetter) -> Self:
        return cls(
            id=red.red_id,
            credit_note_id=red.note_id,
            return_id=red.return_id,
            blue_invoice_no=red.blue_invoice_no,
            state=red.state,
            reason=red.reason,
            blue_use=red.blue_use,
            form_no=red.form_no,
            confirm_by=red.confirm_by,
            red_invoice_no=red.red_invoice_no,
            refused_because=red.refused_because,
            lines=tuple(RedLineView.of(line) for line in red.lines),
            total=red.total,
            allowed=red.allowed,
            opened_at=red.opened_at,
            version=red.version,
        )


class BuyerView(View):
    """Who the invoice was for, as far as that is known still."""

    name: str | None
    address: str | None


class HandoverView(View):
    """What the form 红字发票信息确认单, or the red invoice, says. `reason_code` is the tax system's
    (01 开票有误, 02 销货退回, 03 服务中止, 04 销售折让); `applied_by` 0: the seller.

    `needs_form`: the other side has to confirm the form before the invoice is issued.
    """

    red_letter_id: str
    state: RedState
    credit_note_number: str | None
    blue_invoice_no: str
    blue_invoice_date: date | None
    reason_code: str
    reason: str
    needs_form: bool
    form_no: str | None
    applied_by: str
    seller: IdentityView | None
    buyer: BuyerView
    currency: str
    lines: tuple[RedLineView, ...]
    net: MoneyOut
    tax: MoneyOut
    total: MoneyOut

    @classmethod
    def of(cls, told: Handover) -> Self:
        return cls(
            red_letter_id=told.red_id,
            state=told.state,
            credit_note_number=told.note_number,
            blue_invoice_no=told.blue_invoice_no,
            blue_invoice_date=told.blue_invoice_date,
            reason_code=told.reason_code,
            reason=told.reason,
            needs_form=told.needs_form,
            form_no=told.form_no,
            applied_by=told.applied_by,
            seller=IdentityView.of(told.seller) if told.seller else None,
            buyer=BuyerView(name=told.buyer.name, address=told.buyer.address),
            currency=told.currency,
            lines=tuple(RedLineView.of(line) for line in told.lines),
            net=told.net,
            tax=told.tax,
            total=told.total,
        )

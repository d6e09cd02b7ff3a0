"""What is handed to a tax system to take a blue invoice back: the form, or the invoice itself.

Pure. Names and addresses are put in as they stand when it is asked for; nothing of this is kept.
Figures are negative, as they stand on a red-letter invoice. Platforms differ in the names of their
fields; what they need is here, in the words and codes of the tax system.
"""

from dataclasses import dataclass
from datetime import date

from chalicelib.core.money import Money
from chalicelib.invoicing.model import CreditNote
from chalicelib.invoicing.presenting import Buyer
from chalicelib.invoicing.red_letter import TAX_CODES, BlueUse, RedLetter, RedLine, RedState
from chalicelib.invoicing.seller import Identity

_LABELS = {"01": "开票有误", "02": "销货退回", "03": "服务中止", "04": "销售折让"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """Everything on the form 红字发票信息确认单, or on the red-letter invoice.

    `needs_form`: whether the other side has to confirm; `form_no` is the form's number, once there
    is one. `applied_by` is 0 for the seller, who it always is here.
    """

    red_id: str
    state: RedState
    note_number: str | None
    blue_invoice_no: str
    blue_invoice_date: date | None
    reason_code: str
    reason: str
    needs_form: bool
    form_no: str | None
    applied_by: str
    seller: Identity | None
    buyer: Buyer
    currency: str
    lines: tuple[RedLine, ...]
    net: Money
    tax: Money
    total: Money


def handed_over(
    red: RedLetter, note: CreditNote, *, seller: Identity | None, buyer: Buyer
) -> Handover:
    """`seller` is who the merchant is now: used where the note does not say who issued it."""
    code = TAX_CODES[red.reason]
    return Handover(
        red_id=red.red_id,
        state=red.state,
        note_number=note.number,
        blue_invoice_no=red.blue_invoice_no,
        blue_invoice_date=note.invoiced_on,
        reason_code=code,
        reason=_LABELS[code],
        needs_form=red.blue_use is not BlueUse.UNUSED,
        form_no=red.form_no,
        applied_by="0",
        seller=note.seller or seller,
        buyer=buyer,
        currency=red.currency,
        lines=red.lines,
        net=Money.total((line.net for line in red.lines), red.currency),
        tax=Money.total((line.tax for line in red.lines), red.currency),
        total=red.total,
    )

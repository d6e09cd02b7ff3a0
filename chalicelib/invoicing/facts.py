"""What events say of credit notes: references, numbers and amounts, never names."""

from chalicelib.core.events import Json
from chalicelib.core.money import Money
from chalicelib.invoicing.model import CreditNote


def note_facts(note: CreditNote) -> dict[str, Json]:
    """The note in references and sums; `version` is the one that it has after the command."""
    facts: dict[str, Json] = {
        "note_id": note.note_id,
        "state": note.state.value,
        "number": note.number,
        "invoice_no": note.invoice_no,
        "order_no": note.order_no,
        "return_id": note.return_id,
        "settlement_id": note.settlement_id,
        "reason": note.reason.value,
        "net": amount(note.net),
        "tax": amount(note.tax),
        "total": amount(note.total),
    }
    if note.issued_on is not None:
        facts |= {
            "series": note.series,
            "year": note.year,
            "issued_on": note.issued_on.isoformat(),
        }
    return facts


def amount(money: Money) -> dict[str, Json]:
    """An amount as events hold it."""
    return {"amount": money.amount, "currency": money.currency}

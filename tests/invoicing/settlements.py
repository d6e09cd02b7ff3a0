"""Returns that are settled, with notes that wait for their numbers: as they lie in a store."""

from collections.abc import Iterator
from dataclasses import replace

from chalicelib.core.commands import Record
from chalicelib.core.events import Chain
from chalicelib.core.money import Money
from chalicelib.invoicing.model import CreditNote, NoteLine, NoteLineKind
from chalicelib.invoicing.of_settlement import link_of
from chalicelib.settlement.model import Leg, LegState, Settlement
from tests.builders import NOW, eur, line, order, owing


def settlement(number: int, state: LegState = LegState.PAID) -> Settlement:
    settlement_id = f"stl_{number}_a"
    leg = Leg(
        payment_id="card",
        provider="sandbox",
        provider_ref=None,
        amount=eur(100),
        state=state,
        key=f"{settlement_id}:card:1",
    )
    return Settlement(
        settlement_id=settlement_id,
        lines=(),
        amount=eur(100),
        legs=(leg,),
        created_at=NOW,
        created_by="finance",
        shortfall=eur(0),
    )


def draft(number: int, invoice: int) -> CreditNote:
    return CreditNote(
        note_id=f"cno_{number}_{invoice}",
        invoice_no=f"INV-{number}-{invoice}",
        order_no=f"O-{number}",
        return_id=f"ret_{number}",
        return_number=f"R{number}",
        settlement_id=f"stl_{number}_a",
        currency="EUR",
        lines=(NoteLine(kind=NoteLineKind.GOODS, code="S", net=Money(50, "EUR")),),
        supplied_at=NOW,
        drafted_at=NOW,
        unbilled=eur(0),
    )


def settled_one(
    number: int,
    *,
    invoices: int = 2,
    state: LegState = LegState.PAID,
    region: str | None = None,
) -> Iterator[Record]:
    """An order, its return with one settlement, and a draft for each invoice."""
    yield order(line(invoice_no="I"), no=f"O-{number}", region=region)
    yield replace(
        owing(100),
        return_id=f"ret_{number}",
        number=f"R{number}",
        order_no=f"O-{number}",
        settlements=(settlement(number, state),),
        chain=Chain(),
    )
    for invoice in range(1, invoices + 1):
        note = draft(number, invoice)
        yield note
        yield link_of(note)

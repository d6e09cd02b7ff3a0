"""What events about suppliers, documents and claims say: references, quantities and money."""

from dataclasses import replace

from chalicelib.core.clock import rfc3339
from chalicelib.core.events import Context, Event, Journal, Json
from chalicelib.core.runs import as_text
from chalicelib.returns.facts import money
from chalicelib.suppliers.claims import VendorClaim
from chalicelib.suppliers.documents import RtvDocument, RtvLine
from chalicelib.suppliers.model import Supplier


def told_of_supplier(
    supplier: Supplier, event_type: str, context: Context
) -> tuple[Supplier, Event]:
    """The supplier with its chain one event on."""
    journal = Journal(supplier.subject, supplier.chain, context)
    terms = supplier.terms
    journal.record(
        event_type,
        {
            "supplier_id": supplier.supplier_id,
            "currency": supplier.currency,
            "rtv_agreed": terms.is_agreed,
            "quantity_min": terms.quantity_min,
            "value_min": money(terms.value_min) if terms.value_min else None,
            "days_to_claim": terms.days_to_claim,
            "days_to_answer": terms.days_to_answer,
            "credit_share": terms.credit_share,
            "sees_prices": supplier.sees_prices,
            "quality": supplier.criteria.number if supplier.criteria else None,
            "version": supplier.version,
        },
    )
    return replace(supplier, chain=journal.chain), journal.events[0]


def told_of_rtv(
    rtv: RtvDocument, event_type: str, context: Context, **more: Json
) -> tuple[RtvDocument, Event]:
    """The document with its chain one event on."""
    journal = Journal(rtv.subject, rtv.chain, context)
    journal.record(event_type, {**rtv_facts(rtv), **more})
    return replace(rtv, chain=journal.chain), journal.events[0]


def rtv_facts(rtv: RtvDocument) -> dict[str, Json]:
    """Which document, how far, and what it is about by SKU."""
    return {
        "rtv_id": rtv.rtv_id,
        "number": rtv.number,
        "supplier_id": rtv.supplier_id,
        "warehouse": rtv.warehouse,
        "state": rtv.state.value,
        "claim_id": rtv.claim_id,
        "carrier": rtv.carrier,
        "tracking_no": rtv.tracking_no,
        "closing_code": rtv.closing_code,
        "sent_at": rfc3339(rtv.sent_at) if rtv.sent_at else None,
        "credited": money(rtv.credited) if rtv.credited else None,
        "lines": [_line_facts(line) for line in rtv.lines],
        "version": rtv.version,
    }


def _line_facts(line: RtvLine) -> dict[str, Json]:
    return {
        "return_id": line.return_id,
        "line_no": line.line_no,
        "sku": line.sku,
        "quantity": line.quantity,
        "units": as_text(line.units),
        "cost": money(line.cost) if line.cost is not None else None,
        "inspection_id": line.inspection_id,
        "defects": list(line.defects),
    }


def claim_facts(claim: VendorClaim) -> dict[str, Json]:
    """Which claim and how far. `amount` is left to each event: there it is what the event moves."""
    return {
        "claim_id": claim.claim_id,
        "supplier_id": claim.supplier_id,
        "rtv_id": claim.rtv_id,
        "liability_claim_id": claim.liability_claim_id,
        "state": claim.state.value,
        "claimed": money(claim.amount),
        "recovered_in_all": money(claim.recovered),
        "quantity": claim.quantity,
        "sent_at": rfc3339(claim.sent_at) if claim.sent_at else None,
        "acknowledged_at": rfc3339(claim.acknowledged_at) if claim.acknowledged_at else None,
        "disputed_code": claim.disputed_code,
        "closing_code": claim.closing_code,
        "accountable": claim.accountable,
        "version": claim.version,
    }

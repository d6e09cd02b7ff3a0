"""What events about a claim say: references, codes and quantities, never what people wrote."""

from chalicelib.claims.model import Claim
from chalicelib.core import runs
from chalicelib.core.events import Json


def facts(claim: Claim) -> dict[str, Json]:
    """All that a reader of one event needs."""
    return {
        "claim_id": claim.claim_id,
        "order_no": claim.order_no,
        "customer_id": claim.customer_id,
        "order_line_no": claim.order_line_no,
        "sku": claim.sku,
        "quantity": claim.quantity,
        "units": runs.as_text(claim.units),
        "reason": claim.reason.value,
        "wanted": claim.wanted.value,
        "state": claim.state.value,
        "outcome": claim.outcome.value if claim.outcome else None,
        "denial": claim.denial.value if claim.denial else None,
        "warehouse": claim.warehouse,
        "return_id": claim.return_id,
        "version": claim.version,
    }

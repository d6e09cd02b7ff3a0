"""What events about a withdrawal say: references, codes and times, never what a person typed."""

from chalicelib.core.clock import rfc3339
from chalicelib.core.events import Json
from chalicelib.withdrawals.model import Withdrawal


def header(withdrawal: Withdrawal, **more: Json) -> dict[str, Json]:
    """`version` is that of the withdrawal; `lines_named` 0: the whole order."""
    declared_at = withdrawal.declared_at
    return {
        "withdrawal_id": withdrawal.withdrawal_id,
        "state": withdrawal.state.value,
        "version": withdrawal.version,
        "customer_id": withdrawal.customer_id,
        "law": withdrawal.law.value if withdrawal.law is not None else None,
        "declared_at": rfc3339(declared_at) if declared_at is not None else None,
        "lines_named": len(withdrawal.lines),
        **more,
    }

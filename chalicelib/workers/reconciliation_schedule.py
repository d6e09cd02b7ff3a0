"""The nightly comparison of documents, ledger and money.

EventBridge may start it twice or late. That is harmless: the day is one job, and it only reads.
"""

from chalice.app import Blueprint, CloudWatchEvent, Cron

from chalicelib.core.clock import utc_now
from chalicelib.workers.schedules import run_window

bp = Blueprint(__name__)


@bp.schedule(Cron(30, 2, "*", "*", "?", "*"), name="reconcile_stock")
def reconcile_stock(event: CloudWatchEvent) -> None:
    """Every night at 02:30 UTC."""
    # Imported here: every function imports this module, and only this one needs the service.
    from chalicelib.reconciliation.service import nightly_reconciliation  # noqa: PLC0415

    run_window(
        nightly_reconciliation(utc_now()),
        function="reconcile_stock",
        event_id=str(event.to_dict().get("id", "")),
        context=event.context,
    )

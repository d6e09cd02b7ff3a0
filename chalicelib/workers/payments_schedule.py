"""The daily comparison with what payment providers list.

EventBridge may start it twice or late. That is harmless: the day is one job, and a job that was
queued before is left alone by whoever works at it. The work itself is run_job's, which may ask
providers and goes on where a run has no more time.
"""

from chalice.app import Blueprint, CloudWatchEvent, Cron

from chalicelib.core.clock import utc_now
from chalicelib.workers.schedules import queue_window

bp = Blueprint(__name__)


@bp.schedule(Cron(10, 4, "*", "*", "?", "*"), name="reconcile_payments")
def reconcile_payments(event: CloudWatchEvent) -> None:
    """Every day at 04:10 UTC."""
    # Imported here: every function imports this module, and only this one needs the service.
    from chalicelib.reconciliation.payments import daily_comparison  # noqa: PLC0415

    queue_window(
        daily_comparison(utc_now()),
        function="reconcile_payments",
        event_id=str(event.to_dict().get("id", "")),
    )

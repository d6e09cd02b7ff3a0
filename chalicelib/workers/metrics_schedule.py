"""The hourly folding of events into metrics.

EventBridge may start it twice, late or not at all. That is harmless: the hour is one job, whole
hours are overwritten with the same, and the next run takes up the hours that were left out.
"""

from chalice.app import Blueprint, CloudWatchEvent, Cron

from chalicelib.core.clock import utc_now
from chalicelib.workers.schedules import run_window

bp = Blueprint(__name__)


@bp.schedule(Cron(10, "*", "*", "*", "?", "*"), name="aggregate_metrics")
def aggregate_metrics(event: CloudWatchEvent) -> None:
    """Ten minutes after every hour."""
    # Imported here: every function imports this module, and only this one needs the service.
    from chalicelib.analytics.service import hourly_run  # noqa: PLC0415

    run_window(
        hourly_run(utc_now()),
        function="aggregate_metrics",
        event_id=str(event.to_dict().get("id", "")),
        context=event.context,
    )

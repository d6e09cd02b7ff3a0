"""The sweep of uploads as a worker of a trial runs it: at a later hour, on lists in step.

The deployed function takes the time from its machine; here it is told by how much to be ahead. The
lists are brought up to date first, which the stream does where there is one.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from chalicelib import wiring
from chalicelib.core.clock import utc_now
from chalicelib.store.projection import rebuild
from chalicelib.store.upload_lists import UploadLists
from chalicelib.workers.uploads_schedule import Outcome, UploadSweep


def sweep_uploads(event: dict[str, Any], context: Any) -> dict[str, int]:
    """Any: the event of a trial, and Lambda's context. How many of each outcome."""
    ahead = timedelta(minutes=event["minutes"])
    rebuild(wiring.core_table(), wiring.projector())
    run = UploadSweep(
        commands=wiring.commands(),
        views=wiring.views(),
        clock=lambda: utc_now() + ahead,
        correlation_id="prove",
        remaining_s=lambda: context.get_remaining_time_in_millis() / 1000,
        lists=UploadLists(wiring.views_table()),
        files=wiring.files(),
        queues=wiring.queues(),
    )
    run.work()
    assert run.failed == run.remaining == 0, f"{run.failed} failed, {run.remaining} remain"
    return {outcome.value: run.done[outcome] for outcome in Outcome}

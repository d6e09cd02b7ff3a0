"""Every function that is not the API, in the order in which they are described."""

from chalicelib.workers import (
    credits_schedule,
    deadlines_schedule,
    deliveries_queue,
    events_stream,
    jobs_queue,
    metrics_schedule,
    payments_schedule,
    reconciliation_schedule,
    scans_queue,
    stock_schedule,
    uploads_queue,
    uploads_schedule,
)

WORKERS = (
    scans_queue,
    uploads_queue,
    events_stream,
    deliveries_queue,
    jobs_queue,
    reconciliation_schedule,
    payments_schedule,
    metrics_schedule,
    deadlines_schedule,
    credits_schedule,
    uploads_schedule,
    stock_schedule,
)

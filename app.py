"""Composition only: the application, its cross-origin rules, and each blueprint once."""

import gc

# Nothing that imports make is garbage, and looking for some takes a third of a cold start.
gc.disable()

from chalice.app import Chalice

from chalicelib.api import authorizer, methods
from chalicelib.api.cors import CORS
from chalicelib.api.resources import RESOURCES
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
    uploads_queue,
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
)

app = Chalice(app_name="tuiku", configure_logs=False)
app.api.cors = CORS
app.register_blueprint(authorizer.bp)
for resource in RESOURCES:
    app.register_blueprint(resource.bp, url_prefix="/v1")
methods.complete(app)
for worker in WORKERS:
    app.register_blueprint(worker.bp)

# What is imported stays for ever, so later collections need not look at it.
gc.freeze()
gc.enable()

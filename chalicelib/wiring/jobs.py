"""Who carries out jobs: built when first one of its kind is run."""

import time
from functools import cache
from typing import TYPE_CHECKING

from chalicelib import telemetry
from chalicelib.core.clock import utc_now
from chalicelib.jobs.model import JobKind
from chalicelib.settings import settings
from chalicelib.wiring.base import (
    commands,
    core_table,
    files,
    job_queue,
    metric_rows,
    reads,
    stored_events,
    views_table,
)
from chalicelib.wiring.partners import providers

if TYPE_CHECKING:
    from chalicelib.jobs.running import Handler, JobRunner
    from chalicelib.reconciliation.model import Finding


_FINDINGS_LOGGED = 50


@cache
def job_runner(*, with_queue: bool = True) -> "JobRunner":
    """Carries out jobs of every kind. A schedule has no queue to send the rest of one to."""
    from chalicelib.jobs.running import JobRunner  # noqa: PLC0415 - only workers of jobs need it

    return JobRunner(
        commands=commands(),
        handler_of=_handler_of,
        queue=job_queue() if with_queue else None,
        clock=utc_now,
        monotonic=time.monotonic,
    )


def _handler_of(kind: JobKind) -> "Handler":
    """Built when first a job of this kind is run: few functions have what all kinds need."""
    match kind:
        case JobKind.IMPORT_ORDERS | JobKind.IMPORT_STOCK_COUNTS | JobKind.IMPORT_RETURNS:
            from chalicelib.imports.service import Imports  # noqa: PLC0415

            currency = settings.base_currency
            return Imports(commands=commands(), files=files(), base_currency=currency)
        case JobKind.RECONCILE_STOCK | JobKind.RECONCILE_PAYMENTS | JobKind.EXPORT_JOURNAL:
            return _books_handler_of(kind)
        case JobKind.AGGREGATE_METRICS:
            from chalicelib.analytics.service import Aggregation  # noqa: PLC0415

            return Aggregation(store=metric_rows(), files=files())
        case JobKind.SCOPE_CAMPAIGN:
            from chalicelib.campaigns.scoping import Scoping  # noqa: PLC0415
            from chalicelib.store.sales import StoredSales  # noqa: PLC0415

            sales = StoredSales(core=core_table())
            return Scoping(commands=commands(), sales=sales, files=files())
        case JobKind.DRAFT_CAMPAIGN:
            from chalicelib.campaigns.drafting import Drafting  # noqa: PLC0415

            return Drafting(commands=commands(), files=files())
        case JobKind.SIMULATE_POLICY:
            from chalicelib.policy.simulation import Simulation  # noqa: PLC0415
            from chalicelib.store.past_returns import StoredPast  # noqa: PLC0415

            past = StoredPast(core=core_table(), views=views_table())
            return Simulation(reads=reads, past=past, files=files())
        case JobKind.EXPORT_SUPPLIER:
            from chalicelib.store.supplier_lists import supplier_export  # noqa: PLC0415

            return supplier_export(reads, views_table(), files())


def _books_handler_of(kind: JobKind) -> "Handler":
    """As `_handler_of`: what compares the books, or hands them out."""
    match kind:
        case JobKind.RECONCILE_STOCK:
            from chalicelib.reconciliation.service import Reconciliation  # noqa: PLC0415
            from chalicelib.store.audit import Audit  # noqa: PLC0415

            audit = Audit(core=core_table())
            return Reconciliation(store=audit, reads=reads, files=files(), announce=_announce)
        case JobKind.RECONCILE_PAYMENTS:
            from chalicelib.reconciliation.payments import Comparison, Lister  # noqa: PLC0415
            from chalicelib.settlement.ports import RefundLister  # noqa: PLC0415

            known = providers().items()
            listers: dict[str, Lister] = {n: p for n, p in known if isinstance(p, RefundLister)}
            return Comparison(
                commands=commands(),
                events=stored_events(),
                listers=listers,
                files=files(),
                announce=_announce,
            )
        case _:
            from chalicelib.invoicing.exporting import JournalExport  # noqa: PLC0415

            return JournalExport(
                events=stored_events(),
                reads=reads,
                files=files(),
                home_currency=settings.base_currency,
            )


def _announce(job_id: str, findings: "list[Finding]") -> None:
    telemetry.count("reconciliation_findings", len(findings))
    log = telemetry.logger(__name__)
    for finding in findings[:_FINDINGS_LOGGED]:
        facts = {"job_id": job_id, "kind": finding.kind, "subject": finding.subject}
        log.error("reconciliation found a difference", extra=facts)

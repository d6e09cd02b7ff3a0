"""Builds use cases with real stores and gateways, each when first asked for, once a process."""

import time
from functools import cache
from typing import TYPE_CHECKING

import botocore.session

from chalicelib import telemetry
from chalicelib.core.clock import utc_now
from chalicelib.gateways.aws import Aws
from chalicelib.jobs.model import JobKind
from chalicelib.settings import settings
from chalicelib.store.execution import Commands
from chalicelib.store.projection import Projector
from chalicelib.store.reads import Reads
from chalicelib.store.table import Table, connection
from chalicelib.store.views import Views

if TYPE_CHECKING:
    from chalicelib.exchanges.desk import PaymentDesk
    from chalicelib.gateways.carrier_secrets import CarrierSecrets
    from chalicelib.gateways.files import Files
    from chalicelib.gateways.job_queue import JobQueue
    from chalicelib.gateways.payment_secrets import PaymentSecrets
    from chalicelib.gateways.payments import SandboxProvider
    from chalicelib.gateways.queues import Queues
    from chalicelib.gateways.secrets import RotatingKey
    from chalicelib.gateways.stripe import StripeProvider
    from chalicelib.invoicing.papers import NotePapers
    from chalicelib.jobs.running import Handler, JobRunner
    from chalicelib.policy.terms_papers import TermsPapers
    from chalicelib.reconciliation.model import Finding
    from chalicelib.settlement.news import NewsSource
    from chalicelib.settlement.news_desk import NewsDesk
    from chalicelib.settlement.payout import Payout
    from chalicelib.settlement.ports import PaymentProvider
    from chalicelib.shipping.desk import CarrierDesk
    from chalicelib.shipping.ports import Carrier
    from chalicelib.store.metrics import Metrics
    from chalicelib.store.note_lists import NoteLists


_FINDINGS_LOGGED = 50


@cache
def aws() -> Aws:
    """The AWS clients of this process."""
    return Aws(s3_public_endpoint=settings.s3_public_endpoint)


@cache
def core_table() -> Table:
    """The truth."""
    return _table(settings.core_table)


@cache
def views_table() -> Table:
    """What is derived from it."""
    return _table(settings.views_table)


@cache
def commands() -> Commands:
    """The one way to change anything."""
    return Commands(table=core_table(), views=views_table)


def reads() -> Reads:
    """Consistent reads for a query."""
    return commands().reads()


@cache
def views() -> Views:
    """The lists."""
    return Views(views_table())


@cache
def projector() -> Projector:
    """What keeps the lists in step with the truth."""
    return Projector(views_table())


@cache
def files() -> "Files":
    """The bucket."""
    from chalicelib.gateways.files import Files  # noqa: PLC0415 - boto3 is slow to import

    return Files(aws().s3, aws().s3_presigner, bucket=settings.files_bucket, clock=utc_now)


@cache
def terms_papers() -> "TermsPapers":
    """The paper form of terms, in the bucket."""
    from chalicelib.gateways.terms_pdf import terms_pdf  # noqa: PLC0415 - few requests need it
    from chalicelib.policy.terms_papers import TermsPapers  # noqa: PLC0415

    return TermsPapers(files(), terms_pdf)


@cache
def note_papers() -> "NotePapers":
    """The paper form of credit notes, in the bucket."""
    from chalicelib.gateways.credit_note_pdf import note_pdf  # noqa: PLC0415 - as above
    from chalicelib.invoicing.papers import NotePapers  # noqa: PLC0415

    return NotePapers(files(), note_pdf)


@cache
def note_lists() -> "NoteLists":
    """Credit notes by their numbers."""
    from chalicelib.store.note_lists import NoteLists  # noqa: PLC0415 - few requests need it

    return NoteLists(core_table())


@cache
def queues() -> "Queues":
    """The queues."""
    from chalicelib.gateways.queues import Queues  # noqa: PLC0415 - boto3 is slow to import

    return Queues(aws().sqs)


@cache
def job_queue() -> "JobQueue":
    """Where jobs wait for a worker."""
    from chalicelib.gateways.job_queue import JobQueue  # noqa: PLC0415 - boto3 is slow to import

    return JobQueue(queues=queues(), url=lambda: settings.jobs_queue_url)


@cache
def cursor_key() -> "RotatingKey":
    """What signs the cursors of lists."""
    from chalicelib.gateways.secrets import RotatingKey  # noqa: PLC0415 - boto3 is slow to import

    return RotatingKey(aws().secrets, secret_id=settings.cursor_key, monotonic=time.monotonic)


@cache
def metric_rows() -> "Metrics":
    """Metrics that were folded from events."""
    from chalicelib.store.metrics import Metrics  # noqa: PLC0415 - few functions need it

    return Metrics(core=core_table(), views=views_table())


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
            from chalicelib.store.hours import StoredEvents  # noqa: PLC0415

            known = _providers().items()
            listers: dict[str, Lister] = {n: p for n, p in known if isinstance(p, RefundLister)}
            return Comparison(
                commands=commands(),
                events=StoredEvents(core=core_table()),
                listers=listers,
                files=files(),
                announce=_announce,
            )
        case _:
            from chalicelib.invoicing.exporting import JournalExport  # noqa: PLC0415
            from chalicelib.store.hours import StoredEvents  # noqa: PLC0415

            return JournalExport(
                events=StoredEvents(core=core_table()),
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


@cache
def payout() -> "Payout":
    """Settlements through the providers that are set up."""
    from chalicelib.settlement.payout import Payout  # noqa: PLC0415 - only settlements need it

    return Payout(
        commands=commands(), providers=_providers(), credit_days=settings.store_credit_days
    )


@cache
def payment_desk() -> "PaymentDesk":
    """Payment links for exchanges, where a provider that makes them is set up."""
    import urllib3  # noqa: PLC0415 - only exchanges need it

    from chalicelib.exchanges.desk import PaymentDesk  # noqa: PLC0415
    from chalicelib.gateways.payment_links import SandboxLinks  # noqa: PLC0415

    links = None
    if settings.sandbox_provider_url:
        http = urllib3.PoolManager(retries=False)
        links = SandboxLinks(settings.sandbox_provider_url, http)
    return PaymentDesk(commands=commands(), links=links)


@cache
def carrier_desk() -> "CarrierDesk":
    """Labels and pickups through the carriers that are set up."""
    from chalicelib.shipping.desk import CarrierDesk  # noqa: PLC0415 - only shipping needs it

    return CarrierDesk(commands=commands(), carriers=_carriers(), files=files())


@cache
def carrier_secrets() -> "CarrierSecrets":
    """What tells a carrier's message from anybody's."""
    from chalicelib.gateways.carrier_secrets import CarrierSecrets  # noqa: PLC0415

    return CarrierSecrets(
        aws().ssm,
        path=settings.carrier_secrets_path,
        carriers=settings.carriers,
        monotonic=time.monotonic,
    )


def _carriers() -> dict[str, "Carrier"]:
    import urllib3  # noqa: PLC0415 - only shipping needs it

    from chalicelib.gateways.carriers import OwnCarrier, SandboxCarrier  # noqa: PLC0415

    carriers: list[Carrier] = [OwnCarrier()]
    if settings.sandbox_carrier_url:
        http = urllib3.PoolManager(retries=False)
        carriers.append(SandboxCarrier(settings.sandbox_carrier_url, http))
    return {carrier.name: carrier for carrier in carriers}


@cache
def news_desk() -> "NewsDesk":
    """What payment providers tell."""
    from chalicelib.settlement.news_desk import NewsDesk  # noqa: PLC0415 - few requests need it

    return NewsDesk(commands=commands(), sources=news_sources())


@cache
def news_sources() -> "dict[str, NewsSource]":
    """The payment providers that are believed what they sign, by name."""
    known: list[NewsSource | None] = [_stripe(), _sandbox()]
    believed = settings.payment_providers
    return {one.name: one for one in known if one is not None and one.name in believed}


@cache
def payment_secrets() -> "PaymentSecrets":
    """What tells a payment provider's message from anybody's."""
    from chalicelib.gateways.payment_secrets import PaymentSecrets  # noqa: PLC0415

    return PaymentSecrets(
        aws().ssm,
        path=settings.payment_secrets_path,
        providers=settings.payment_providers,
        monotonic=time.monotonic,
    )


@cache
def _providers() -> "dict[str, PaymentProvider]":
    from chalicelib.gateways.payments import ManualProvider  # noqa: PLC0415 - only settlements

    known: list[PaymentProvider | None] = [ManualProvider(), _sandbox(), _stripe()]
    return {provider.name: provider for provider in known if provider is not None}


@cache
def _sandbox() -> "SandboxProvider | None":
    import urllib3  # noqa: PLC0415 - only settlements need it

    from chalicelib.gateways.payments import SandboxProvider  # noqa: PLC0415

    if not settings.sandbox_provider_url:
        return None
    return SandboxProvider(settings.sandbox_provider_url, urllib3.PoolManager(retries=False))


@cache
def _stripe() -> "StripeProvider | None":
    import urllib3  # noqa: PLC0415 - only settlements need it

    from chalicelib.gateways.payment_secrets import ApiKey  # noqa: PLC0415
    from chalicelib.gateways.stripe import StripeProvider  # noqa: PLC0415
    from chalicelib.gateways.stripe_client import StripeClient  # noqa: PLC0415

    if StripeProvider.name not in settings.payment_providers:
        return None
    key = ApiKey(
        aws().ssm,
        path=settings.payment_secrets_path,
        provider=StripeProvider.name,
        monotonic=time.monotonic,
    )
    http = urllib3.PoolManager(retries=False)
    return StripeProvider(StripeClient(http, key, base_url=settings.stripe_url))


def _table(name: str) -> Table:
    session = botocore.session.get_session()
    region = session.get_config_variable("region") or "us-east-1"
    endpoint = session.get_config_variable("endpoint_url")
    return Table(name, connection(region, endpoint))

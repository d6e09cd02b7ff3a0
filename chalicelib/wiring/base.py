"""What nearly everything needs: tables, lists, files, queues and keys."""

import time
from functools import cache
from typing import TYPE_CHECKING

import botocore.session

from chalicelib.core.clock import utc_now
from chalicelib.gateways.aws import Aws
from chalicelib.settings import settings
from chalicelib.store.execution import Commands
from chalicelib.store.reads import Reads
from chalicelib.store.table import Table, connection
from chalicelib.store.views import Views

if TYPE_CHECKING:
    from chalicelib.gateways.files import Files
    from chalicelib.gateways.job_queue import JobQueue
    from chalicelib.gateways.queues import Queues
    from chalicelib.gateways.secrets import RotatingKey
    from chalicelib.invoicing.papers import NotePapers
    from chalicelib.policy.terms_papers import TermsPapers
    from chalicelib.store.hours import StoredEvents
    from chalicelib.store.metrics import Metrics
    from chalicelib.store.note_lists import NoteLists
    from chalicelib.store.projection import Projector
    from chalicelib.store.stock_lists import StockLists
    from chalicelib.uploads.analysing import ImageAnalyst


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
def projector() -> "Projector":
    """What keeps the lists in step with the truth."""
    from chalicelib.store.projection import Projector  # noqa: PLC0415 - requests write no lists

    return Projector(views_table())


@cache
def files() -> "Files":
    """The bucket."""
    from chalicelib.gateways.files import Files  # noqa: PLC0415 - boto3 is slow to import

    return Files(aws().s3, aws().s3_presigner, bucket=settings.files_bucket, clock=utc_now)


@cache
def image_analyst() -> "ImageAnalyst | None":
    """Who proposes defects in photos, where somebody is asked to."""
    from chalicelib.gateways.rekognition import analyst  # noqa: PLC0415 - only photos need it

    return analyst(aws, settings.image_analyst, settings.rekognition_model)


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
def stock_lists() -> "StockLists":
    """Lists of stock beside balances."""
    from chalicelib.store.stock_lists import StockLists  # noqa: PLC0415 - few requests need it

    return StockLists(views_table())


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
def device_key() -> "RotatingKey":
    """What the secrets of devices are made from."""
    from chalicelib.gateways.secrets import RotatingKey  # noqa: PLC0415 - as above

    gone = "device_key_unavailable"
    return RotatingKey(
        aws().secrets, secret_id=settings.device_key, monotonic=time.monotonic, unavailable=gone
    )


@cache
def stored_events() -> "StoredEvents":
    """The events of core by hour."""
    from chalicelib.store.hours import StoredEvents  # noqa: PLC0415 - few functions need it

    return StoredEvents(core=core_table())


@cache
def metric_rows() -> "Metrics":
    """Metrics that were folded from events."""
    from chalicelib.store.metrics import Metrics  # noqa: PLC0415 - few functions need it

    return Metrics(core=core_table(), views=views_table())


def _table(name: str) -> Table:
    session = botocore.session.get_session()
    region = session.get_config_variable("region") or "us-east-1"
    endpoint = session.get_config_variable("endpoint_url")
    return Table(name, connection(region, endpoint))

"""Builds use cases with real stores and gateways, each when first asked for, once a process."""

from functools import cache
from typing import TYPE_CHECKING

import botocore.session

from chalicelib.core.clock import utc_now
from chalicelib.gateways.aws import Aws
from chalicelib.settings import settings
from chalicelib.store.execution import Commands
from chalicelib.store.reads import Reads
from chalicelib.store.table import Table, connection

if TYPE_CHECKING:
    from chalicelib.gateways.files import Files
    from chalicelib.gateways.queues import Queues
    from chalicelib.settlement.payout import Payout
    from chalicelib.settlement.ports import PaymentProvider


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
    return Commands(table=core_table())


def reads() -> Reads:
    """Consistent reads for a query."""
    return commands().reads()


@cache
def files() -> "Files":
    """The bucket."""
    from chalicelib.gateways.files import Files  # noqa: PLC0415 - boto3 is slow to import

    return Files(aws().s3, aws().s3_presigner, bucket=settings.files_bucket, clock=utc_now)


@cache
def queues() -> "Queues":
    """The queues."""
    from chalicelib.gateways.queues import Queues  # noqa: PLC0415 - boto3 is slow to import

    return Queues(aws().sqs)


@cache
def payout() -> "Payout":
    """Settlements through the providers that are set up."""
    from chalicelib.settlement.payout import Payout  # noqa: PLC0415 - only settlements need it

    return Payout(commands=commands(), providers=_providers())


def _providers() -> dict[str, "PaymentProvider"]:
    import urllib3  # noqa: PLC0415 - only settlements need it

    from chalicelib.gateways.payments import (  # noqa: PLC0415
        ManualProvider,
        SandboxProvider,
    )

    providers: list[PaymentProvider] = [ManualProvider()]
    if settings.sandbox_provider_url:
        http = urllib3.PoolManager(retries=False)
        providers.append(SandboxProvider(settings.sandbox_provider_url, http))
    return {provider.name: provider for provider in providers}


def _table(name: str) -> Table:
    session = botocore.session.get_session()
    region = session.get_config_variable("region") or "us-east-1"
    endpoint = session.get_config_variable("endpoint_url")
    return Table(name, connection(region, endpoint))

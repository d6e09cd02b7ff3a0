"""Those outside that we ask and that tell us: payment providers, carriers, other warehouses."""

import time
from functools import cache
from typing import TYPE_CHECKING

from chalicelib.settings import settings
from chalicelib.wiring.base import aws, commands, files

if TYPE_CHECKING:
    from chalicelib.exchanges.desk import PaymentDesk
    from chalicelib.gateways.carrier_secrets import CarrierSecrets
    from chalicelib.gateways.payment_secrets import PaymentSecrets
    from chalicelib.gateways.payments import SandboxProvider
    from chalicelib.gateways.stripe import StripeProvider
    from chalicelib.notices.sending import PartnerLine
    from chalicelib.settlement.news import NewsSource
    from chalicelib.settlement.news_desk import NewsDesk
    from chalicelib.settlement.payout import Payout
    from chalicelib.settlement.ports import PaymentProvider
    from chalicelib.shipping.desk import CarrierDesk
    from chalicelib.shipping.ports import Carrier


@cache
def payout() -> "Payout":
    """Settlements through the providers that are set up."""
    from chalicelib.settlement.payout import Payout  # noqa: PLC0415 - only settlements need it

    return Payout(
        commands=commands(), providers=providers(), credit_days=settings.store_credit_days
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

    return CarrierDesk(commands=commands(), carriers=carriers(), files=files())


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


@cache
def partner_line() -> "PartnerLine":
    """What tells the partners that run warehouses."""
    from chalicelib.gateways.partners import HttpPartners  # noqa: PLC0415 - few functions need it

    sandbox = settings.partner_sandbox_url
    return HttpPartners(aws().ssm, path=settings.partner_secrets_path, sandbox=sandbox)


def carriers() -> dict[str, "Carrier"]:
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
    known: list[NewsSource | None] = [stripe(), sandbox()]
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
def providers() -> "dict[str, PaymentProvider]":
    from chalicelib.gateways.payments import ManualProvider  # noqa: PLC0415 - only settlements

    known: list[PaymentProvider | None] = [ManualProvider(), sandbox(), stripe()]
    return {provider.name: provider for provider in known if provider is not None}


@cache
def sandbox() -> "SandboxProvider | None":
    import urllib3  # noqa: PLC0415 - only settlements need it

    from chalicelib.gateways.payments import SandboxProvider  # noqa: PLC0415

    if not settings.sandbox_provider_url:
        return None
    return SandboxProvider(settings.sandbox_provider_url, urllib3.PoolManager(retries=False))


@cache
def stripe() -> "StripeProvider | None":
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

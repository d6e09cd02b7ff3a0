"""Settings: read when asked for, typed, and harmless to import."""

import subprocess
import sys
from pathlib import Path

import pytest

from chalicelib.settings import MissingSetting, Settings


def of(**environment: str) -> Settings:
    return Settings(lambda: environment)


def test_importing_the_settings_needs_no_environment() -> None:
    root = Path(__file__).parent.parent
    code = "from chalicelib.settings import settings; print(settings.queue_name('scans'))"

    ran = subprocess.run(
        [sys.executable, "-c", code], env={}, cwd=root, capture_output=True, text=True, check=True
    )

    assert ran.stdout.strip() == "tuiku-dev-scans"


@pytest.mark.parametrize("environment", [{}, {"CORE_TABLE": ""}, {"CORE_TABLE": "  "}])
def test_a_missing_variable_is_named(environment: dict[str, str]) -> None:
    with pytest.raises(MissingSetting, match="CORE_TABLE"):
        _ = of(**environment).core_table


def test_a_variable_is_read_when_it_is_asked_for() -> None:
    environment = {"STAGE": "prod"}
    settings = Settings(lambda: environment)
    environment["STAGE"] = "test"

    assert settings.queue_name("jobs") == "tuiku-test-jobs"


def test_client_ids_are_a_list_with_commas() -> None:
    assert of(OIDC_CLIENT_IDS="web, app,,").oidc_client_ids == {"web", "app"}
    assert of().oidc_machine_client_ids == frozenset()


def test_defaults_are_those_of_the_documentation() -> None:
    settings = of()

    assert (settings.stage, settings.log_level, settings.base_currency) == ("dev", "INFO", "EUR")
    assert (settings.allowed_origin, settings.sandbox_provider_url) == ("*", "")
    assert settings.sandbox_carrier_url == ""
    assert settings.store_credit_days is None
    assert of(STAGE="prod").carrier_secrets_path == "/tuiku-prod-carriers"
    assert settings.carriers == frozenset()
    assert of(STAGE="prod").payment_secrets_path == "/tuiku-prod-payments"
    assert (settings.payment_providers, settings.stripe_url) == (
        frozenset(),
        "https://api.stripe.com",
    )


@pytest.mark.parametrize(("stated", "days"), [("730", 730), ("0", None), ("ever", None)])
def test_store_credit_stays_unless_a_number_of_days_is_stated(
    stated: str, days: int | None
) -> None:
    assert of(STORE_CREDIT_DAYS=stated).store_credit_days == days


@pytest.mark.parametrize(
    ("stated", "read"), [("EUR=1.00", "EUR=1.00"), ("off", ""), ("", of().scrap_second_above)]
)
def test_two_persons_scrap_above_what_is_stated_or_usual(stated: str, read: str) -> None:
    assert of(SCRAP_SECOND_ABOVE=stated).scrap_second_above == read
    assert "EUR=500.00" in of().scrap_second_above


def test_what_carriers_promise_is_as_it_is_stated() -> None:
    assert of(CARRIER_DAYS="dhl=3 *=6").carrier_days == "dhl=3 *=6"
    assert of().carrier_days == ""

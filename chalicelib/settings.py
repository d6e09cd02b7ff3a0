"""The settings of a stage: the only reader of os.environ, typed, and read when asked for.

Each function is given only the variables it needs, so a missing one matters only to its reader.
"""

import os
from collections.abc import Callable, Mapping


class MissingSetting(RuntimeError):
    """A function asked for a variable that its configuration does not give it."""


def _environment() -> Mapping[str, str]:
    # Looked up at each call: the Chalice test client replaces os.environ during a call.
    return os.environ


class Settings:
    """One property a variable; the name of the variable is the property in capitals."""

    def __init__(self, environment: Callable[[], Mapping[str, str]] = _environment) -> None:
        self._environment = environment

    def _required(self, name: str) -> str:
        value = self._environment().get(name, "").strip()
        if not value:
            raise MissingSetting(f"the environment variable {name} is not set")
        return value

    def _optional(self, name: str, default: str = "") -> str:
        return self._environment().get(name, "").strip() or default

    def _names(self, name: str) -> frozenset[str]:
        return frozenset(part.strip() for part in self._optional(name).split(",") if part.strip())

    @property
    def stage(self) -> str:
        return self._optional("STAGE", "dev")

    @property
    def function_name(self) -> str:
        """Set by Lambda itself; empty elsewhere."""
        return self._optional("AWS_LAMBDA_FUNCTION_NAME")

    @property
    def log_level(self) -> str:
        return self._optional("LOG_LEVEL", "INFO").upper()

    @property
    def allowed_origin(self) -> str:
        return self._optional("ALLOWED_ORIGIN", "*")

    @property
    def base_currency(self) -> str:
        return self._optional("BASE_CURRENCY", "EUR")

    @property
    def store_credit_days(self) -> int | None:
        """How long store credit is valid, in days; None: it stays."""
        stated = self._optional("STORE_CREDIT_DAYS")
        return int(stated) if stated.isascii() and stated.isdigit() and int(stated) else None

    @property
    def scrap_second_above(self) -> str:
        """Above what a second person agrees to scrap and gifts, as `EUR=500.00`; `off`: never."""
        usual = "EUR=500.00 USD=500.00 GBP=450.00 CNY=4000.00 JPY=80000"
        stated = self._optional("SCRAP_SECOND_ABOVE", usual)
        return "" if stated == "off" else stated

    @property
    def adjustment_second_above(self) -> str:
        """Above what a second person decides on corrections of stock; `off`: never."""
        usual = "EUR=1000.00 USD=1000.00 GBP=900.00 CNY=8000.00 JPY=160000"
        stated = self._optional("ADJUSTMENT_SECOND_ABOVE", usual)
        return "" if stated == "off" else stated

    @property
    def stock_alert_days(self) -> str:
        """After how many days goods are old, as `quarantine=14 WH2/quarantine=21`."""
        return self._optional("STOCK_ALERT_DAYS")

    @property
    def warehouse_glns(self) -> str:
        """Which warehouse partners mean by a GLN, as `BER=4006381000017 LON=4006381000024`."""
        return self._optional("WAREHOUSE_GLNS")

    @property
    def core_table(self) -> str:
        return self._required("CORE_TABLE")

    @property
    def views_table(self) -> str:
        return self._required("VIEWS_TABLE")

    @property
    def core_stream_arn(self) -> str:
        """Read at packaging only, when the data stack may not exist; infra sets the real one."""
        unset = f"arn:aws:dynamodb:us-east-1:000000000000:table/{self._core_name}/stream/unset"
        return self._optional("CORE_STREAM_ARN", unset)

    @property
    def _core_name(self) -> str:
        return f"tuiku-{self.stage}-core"

    @property
    def files_bucket(self) -> str:
        return self._required("FILES_BUCKET")

    @property
    def s3_public_endpoint(self) -> str:
        """Where browsers reach S3 when that is not where we do; empty on AWS."""
        return self._optional("S3_PUBLIC_ENDPOINT")

    @property
    def image_analyst(self) -> str:
        """Who proposes defects in photos: `rekognition`; empty for nobody."""
        return self._optional("IMAGE_ANALYST")

    @property
    def rekognition_model(self) -> str:
        """The ARN of a running model that was trained on defects; empty for the general labels."""
        return self._optional("REKOGNITION_MODEL")

    @property
    def scans_queue_url(self) -> str:
        return self._required("SCANS_QUEUE_URL")

    @property
    def scans_dlq_url(self) -> str:
        return self._required("SCANS_DLQ_URL")

    @property
    def uploads_queue_url(self) -> str:
        return self._required("UPLOADS_QUEUE_URL")

    @property
    def uploads_dlq_url(self) -> str:
        return self._required("UPLOADS_DLQ_URL")

    @property
    def deliveries_queue_url(self) -> str:
        return self._required("DELIVERIES_QUEUE_URL")

    @property
    def deliveries_dlq_url(self) -> str:
        return self._required("DELIVERIES_DLQ_URL")

    @property
    def jobs_queue_url(self) -> str:
        return self._required("JOBS_QUEUE_URL")

    @property
    def jobs_dlq_url(self) -> str:
        return self._required("JOBS_DLQ_URL")

    @property
    def events_dlq_url(self) -> str:
        """For stream records that can never be projected or published."""
        return self._required("EVENTS_DLQ_URL")

    @property
    def cursor_key(self) -> str:
        """The secret whose versions sign the cursors of lists: its ARN, never its value."""
        return self._required("CURSOR_KEY")

    @property
    def device_key(self) -> str:
        """The secret that what devices sign with is made from: its ARN, never its value."""
        return self._required("DEVICE_KEY")

    @property
    def rate_limit(self) -> int | None:
        """Requests a second that the gateway lets through to one route; None: not known here."""
        stated = self._optional("RATE_LIMIT")
        return int(stated) if stated.isascii() and stated.isdigit() else None

    @property
    def oidc_issuer(self) -> str:
        return self._required("OIDC_ISSUER")

    @property
    def oidc_jwks_url(self) -> str:
        return self._required("OIDC_JWKS_URL")

    @property
    def oidc_client_ids(self) -> frozenset[str]:
        """Clients through which people sign in (id tokens)."""
        return self._names("OIDC_CLIENT_IDS")

    @property
    def oidc_machine_client_ids(self) -> frozenset[str]:
        """Clients that act for themselves (access tokens by client credentials)."""
        return self._names("OIDC_MACHINE_CLIENT_IDS")

    @property
    def sandbox_provider_url(self) -> str:
        """Empty: the sandbox payment provider is off."""
        return self._optional("SANDBOX_PROVIDER_URL")

    @property
    def payment_providers(self) -> frozenset[str]:
        """The providers that are believed what they sign; `stripe` is also paid back through."""
        return self._names("PAYMENT_PROVIDERS")

    @property
    def payment_secrets_path(self) -> str:
        """Where the parameter store has what is shared with each provider."""
        return f"/tuiku-{self.stage}-payments"

    @property
    def stripe_url(self) -> str:
        """Where Stripe's API is; another address only to try it out."""
        return self._optional("STRIPE_URL", "https://api.stripe.com")

    @property
    def sandbox_carrier_url(self) -> str:
        """Empty: the sandbox carrier is off."""
        return self._optional("SANDBOX_CARRIER_URL")

    @property
    def carriers(self) -> frozenset[str]:
        """The carriers that are believed what they sign."""
        return self._names("CARRIERS")

    @property
    def carrier_days(self) -> str:
        """Within how many days carriers promise to deliver, as `dhl=3 ups=7 *=6`; `*` is others."""
        return self._optional("CARRIER_DAYS")

    @property
    def carrier_secrets_path(self) -> str:
        """Where the parameter store has one secret a carrier, under the carrier's name."""
        return f"/tuiku-{self.stage}-carriers"

    @property
    def partner_secrets_path(self) -> str:
        """Where the parameter store has the secrets under which partners are told."""
        return f"/tuiku-{self.stage}-partners"

    @property
    def partner_sandbox_url(self) -> str:
        """What addresses of partners may begin with though it is no public place; empty on AWS."""
        return self._optional("PARTNER_SANDBOX_URL")

    def queue_name(self, purpose: str) -> str:
        """The physical name of a queue, known at import without asking AWS."""
        return f"tuiku-{self.stage}-{purpose}"


settings = Settings()

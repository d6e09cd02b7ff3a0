"""What we share with payment providers, out of the parameter store: two parameters a provider.

`<provider>-webhook` is what it signs with, one secret or two during a rotation; `<provider>-key` is
what we sign in with, where it wants a key.
"""

from collections.abc import Callable, Iterable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.core.errors import TransientError
from chalicelib.gateways.signing_secrets import ASKED_AGAIN_S, KEPT_S, SigningSecrets


class PaymentSecrets(SigningSecrets):
    """Raises TransientError `payment_secrets_unavailable`."""

    def __init__(
        self,
        client: Any,  # Any: boto3's client of the parameter store, for which there are no stubs
        *,
        path: str,
        providers: Iterable[str],
        monotonic: Callable[[], float],
    ) -> None:
        super().__init__(
            client,
            parameters={provider: f"{path}/{provider}-webhook" for provider in providers},
            unavailable="payment_secrets_unavailable",
            monotonic=monotonic,
        )


class ApiKey:
    """The key that is live now; raises TransientError `payment_key_unavailable` without one."""

    def __init__(
        self,
        client: Any,  # Any: as above
        *,
        path: str,
        provider: str,
        monotonic: Callable[[], float],
    ) -> None:
        self._client = client
        self._name = f"{path}/{provider}-key"
        self._monotonic = monotonic
        self._known: str | None = None
        self._asked_at = self._fresh_until = 0.0

    def __call__(self) -> str:
        """Not older than ten minutes, unless it cannot be read now."""
        if self._known is None or self._monotonic() >= self._fresh_until:
            self._ask()
        if self._known is None:
            raise TransientError(
                "payment_key_unavailable", "The key of the payment provider cannot be read."
            )
        return self._known

    def renewed(self) -> str | None:
        """The key as it is now where it is another than before: the provider refused that one.

        It is not asked for more often than twice a minute.
        """
        before = self._known
        if self._monotonic() < self._asked_at + ASKED_AGAIN_S:
            return None
        self._ask()
        return self._known if self._known != before else None

    def _ask(self) -> None:
        """What is known stays where it cannot be read, or is not there any more."""
        self._asked_at = self._monotonic()
        try:
            answer = self._client.get_parameter(Name=self._name, WithDecryption=True)
        except (ClientError, BotoCoreError):
            self._fresh_until = self._asked_at + ASKED_AGAIN_S
            return
        self._fresh_until = self._asked_at + KEPT_S
        self._known = str(answer["Parameter"]["Value"]).strip() or self._known

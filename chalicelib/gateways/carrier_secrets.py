"""The secrets that carriers sign with: a parameter named after each carrier."""

from collections.abc import Callable, Iterable
from typing import Any

from chalicelib.gateways.signing_secrets import ASKED_AGAIN_S, KEPT_S, SigningSecrets

__all__ = ["ASKED_AGAIN_S", "KEPT_S", "CarrierSecrets"]


class CarrierSecrets(SigningSecrets):
    """Raises TransientError `carrier_secrets_unavailable`."""

    def __init__(
        self,
        client: Any,  # Any: boto3's client of the parameter store, for which there are no stubs
        *,
        path: str,
        carriers: Iterable[str],
        monotonic: Callable[[], float],
    ) -> None:
        super().__init__(
            client,
            parameters={carrier: f"{path}/{carrier}" for carrier in carriers},
            unavailable="carrier_secrets_unavailable",
            monotonic=monotonic,
        )

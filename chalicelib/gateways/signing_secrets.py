"""The secrets that others sign with, out of the parameter store: one parameter a signer.

A value is one secret, or two during a rotation, with a space between them. They are kept in the
process for a while, and read again when a signature is nobody's: it may be of a newer secret.
"""

from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.core.errors import TransientError

KEPT_S = 600.0
ASKED_AGAIN_S = 30.0
"""Signatures can be made up by anyone: they do not make us ask more often than this."""
SECRET_LENGTH_MIN = 16
LIVE_MAX = 2


class SigningSecrets:
    """Raises TransientError `unavailable` while they cannot be read and none is known."""

    def __init__(
        self,
        client: Any,  # Any: boto3's client of the parameter store, for which there are no stubs
        *,
        parameters: Mapping[str, str],
        unavailable: str,
        monotonic: Callable[[], float],
    ) -> None:
        self._client = client
        self._parameters = dict(sorted(parameters.items()))
        self._unavailable = unavailable
        self._monotonic = monotonic
        self._known: dict[str, tuple[bytes, ...]] | None = None
        self._read_at = 0.0

    def known(self) -> dict[str, tuple[bytes, ...]]:
        """The live secrets by signer, not older than ten minutes."""
        if self._known is None or self._age_s() >= KEPT_S:
            self._read()
        assert self._known is not None, "read, or raised"
        return self._known

    def again(self) -> dict[str, tuple[bytes, ...]] | None:
        """The secrets as they are now, unless they were read a moment ago."""
        if self._age_s() < ASKED_AGAIN_S:
            return None
        self._read()
        return self._known

    def _age_s(self) -> float:
        return self._monotonic() - self._read_at

    def _read(self) -> None:
        try:
            found = {signer: self._secrets(name) for signer, name in self._parameters.items()}
        except (ClientError, BotoCoreError) as exc:
            if self._known is not None:
                # What is known may be old, but it is theirs: better than to refuse everybody.
                self._read_at = self._monotonic() - KEPT_S + ASKED_AGAIN_S
                return
            raise TransientError(
                self._unavailable, "The secrets of signatures cannot be read; try again."
            ) from exc
        self._known = found
        self._read_at = self._monotonic()

    def _secrets(self, name: str) -> tuple[bytes, ...]:
        """Those of one signer; none where nobody has put one yet."""
        try:
            answer = self._client.get_parameter(Name=name, WithDecryption=True)
        except ClientError as exc:
            if exc.response["Error"].get("Code") == "ParameterNotFound":
                return ()
            raise
        return _live(str(answer["Parameter"]["Value"]))


def _live(value: str) -> tuple[bytes, ...]:
    """The first two that are long enough to be secrets."""
    secrets = [part.encode() for part in value.split() if len(part) >= SECRET_LENGTH_MIN]
    return tuple(secrets[:LIVE_MAX])

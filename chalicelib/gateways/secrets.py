"""A key out of Secrets Manager, which may be replaced at any time without an interruption.

The present version signs, the one before it is still known. Both are kept in the process for a
while; an id that is not known may be of a version newer than that, so then they are read again.
"""

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.core.errors import TransientError

KEPT_S = 600.0
ASKED_AGAIN_S = 30.0
"""Ids that nobody knows can be made up by anyone: they do not make us ask more often than this."""


@dataclass(frozen=True, slots=True)
class Key:
    """One version of the key. Its id tells nothing about it."""

    secret: bytes

    @property
    def id(self) -> str:
        return sha256(b"key id\n" + self.secret).hexdigest()[:8]

    def sign(self, text: str) -> str:
        """HMAC-SHA256 in base64url, without padding."""
        mac = hmac.digest(self.secret, text.encode(), "sha256")
        return urlsafe_b64encode(mac).decode().rstrip("=")

    def has_signed(self, text: str, signature: str) -> bool:
        return hmac.compare_digest(self.sign(text).encode(), signature.encode())


class RotatingKey:
    """Raises TransientError while the key cannot be read and none is known."""

    def __init__(
        self,
        client: Any,  # Any: boto3's client of Secrets Manager, for which there are no stubs here
        *,
        secret_id: str,
        monotonic: Callable[[], float],
        unavailable: str = "cursor_key_unavailable",
    ) -> None:
        self._client = client
        self._secret_id = secret_id
        self._unavailable = unavailable
        self._monotonic = monotonic
        self._versions: tuple[Key, ...] = ()
        self._read_at = 0.0

    def present(self) -> Key:
        """The version to sign with."""
        if not self._versions or self._age_s() >= KEPT_S:
            self._read()
        return self._versions[0]

    def find(self, key_id: str) -> Key | None:
        """The version of this id, if it is the present one or the one before it."""
        self.present()
        found = self._known(key_id)
        if found is None and self._age_s() >= ASKED_AGAIN_S:
            self._read()
            found = self._known(key_id)
        return found

    def _known(self, key_id: str) -> Key | None:
        return next((key for key in self._versions if key.id == key_id), None)

    def _age_s(self) -> float:
        return self._monotonic() - self._read_at

    def _read(self) -> None:
        try:
            found = [self._version("AWSCURRENT"), self._version("AWSPREVIOUS")]
        except (ClientError, BotoCoreError) as exc:
            if self._versions:
                # What is known may be old, but it is ours: better than to refuse everybody.
                self._read_at = self._monotonic() - KEPT_S + ASKED_AGAIN_S
                return
            raise TransientError(self._unavailable, "The key cannot be read; try again.") from exc
        self._versions = tuple(Key(secret) for secret in found if secret)
        self._read_at = self._monotonic()
        if not self._versions:
            raise TransientError(self._unavailable, "There is no such key yet.")

    def _version(self, stage: str) -> bytes:
        try:
            answer = self._client.get_secret_value(SecretId=self._secret_id, VersionStage=stage)
        except ClientError as exc:
            code = exc.response["Error"].get("Code")
            if stage == "AWSPREVIOUS" and code == "ResourceNotFoundException":
                return b""
            raise
        return str(answer["SecretString"]).encode()

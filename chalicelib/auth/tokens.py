"""Whether a bearer token is genuine, for us, and in time: JWTs of one OIDC issuer.

RFC 8725 rules: a list of algorithms, one pinned issuer, the audience checked by the kind of token,
keys only from the configured JWKS (what a token says about where its key is, is ignored).
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import jwt

ALGORITHMS = {"RSA": "RS256", "EC": "ES256"}
LEEWAY_S = 30
TOKEN_LENGTH_MAX = 8192
KEYS_MAX = 50
RSA_BITS_MIN = 2048
_REQUIRED = ["exp", "iat", "iss"]


class BadToken(Exception):
    """The token is refused; `reason` is for our log, never for the caller."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class KeysUnavailable(Exception):
    """The issuer's keys could not be fetched and none are known: nobody can be let in now."""


@dataclass(slots=True, kw_only=True)
class KeySet:
    """The issuer's public keys, fetched when first needed and kept for `ttl_s`.

    An unknown key id forces at most one fetch per `refresh_pause_s`, so that tokens with invented
    key ids cannot make us flood the issuer. While fetching fails, known keys serve for `stale_s`.
    """

    fetch: Callable[[], bytes]
    monotonic: Callable[[], float]
    ttl_s: float = 900
    refresh_pause_s: float = 60
    failure_pause_s: float = 2
    stale_s: float = 3600
    _keys: dict[str, jwt.PyJWK] = field(default_factory=dict)
    _fetched_at: float | None = None
    _not_before: float | None = None

    def key(self, key_id: str) -> jwt.PyJWK:
        """The key with this id; raises BadToken or KeysUnavailable."""
        outdated = self._age() >= self.ttl_s
        if (outdated or key_id not in self._keys) and self._may_refresh():
            self._refresh()
        if self._age() > self.stale_s:
            raise KeysUnavailable("the issuer's keys cannot be fetched")
        try:
            return self._keys[key_id]
        except KeyError:
            raise BadToken("unknown_key") from None

    def _age(self) -> float:
        return float("inf") if self._fetched_at is None else self.monotonic() - self._fetched_at

    def _may_refresh(self) -> bool:
        return self._not_before is None or self.monotonic() >= self._not_before

    def _refresh(self) -> None:
        now = self.monotonic()
        self._not_before = now + self.failure_pause_s
        try:
            self._keys = _signing_keys(self.fetch())
        except (OSError, ValueError):
            # Known keys go on serving until they are stale: `key` decides.
            return
        self._fetched_at = now
        self._not_before = now + self.refresh_pause_s


def _signing_keys(raw: bytes) -> dict[str, jwt.PyJWK]:
    """Keys of the JWKS that sign with an algorithm we accept; raises ValueError on other shapes."""
    document = json.loads(raw)
    listed = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(listed, list):
        raise ValueError("not a JWKS")
    keys = {}
    for entry in listed[:KEYS_MAX]:
        key = _signing_key(entry) if isinstance(entry, dict) else None
        if key is not None:
            keys[str(entry["kid"])] = key
    return keys


def _signing_key(entry: Mapping[str, Any]) -> jwt.PyJWK | None:  # Any: JSON of the issuer
    """The key, or None: one we cannot use must not hide the others."""
    algorithm = ALGORITHMS.get(str(entry.get("kty")))
    signs = entry.get("use", "sig") == "sig" and entry.get("alg", algorithm) == algorithm
    if algorithm is None or not signs or not isinstance(entry.get("kid"), str) or "d" in entry:
        return None
    if algorithm == "ES256" and entry.get("crv") != "P-256":
        return None
    try:
        key = jwt.PyJWK.from_dict(dict(entry), algorithm=algorithm)
    except jwt.PyJWTError:
        return None
    if algorithm == "RS256" and key.key.key_size < RSA_BITS_MIN:
        return None
    return key


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenVerifier:
    """Verifies id tokens of people and access tokens of machines."""

    issuer: str
    client_ids: frozenset[str]
    machine_client_ids: frozenset[str]
    keys: KeySet

    def verify(self, token: str) -> Mapping[str, Any]:  # Any: claims are JSON of the issuer
        """The claims; raises BadToken, or KeysUnavailable when it cannot be told now."""
        key = self.keys.key(self._key_id(token))
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                key=key,
                algorithms=[key.algorithm_name],
                issuer=self.issuer,
                leeway=LEEWAY_S,
                # The audience is checked below: access tokens of Cognito have none.
                options={"require": _REQUIRED, "verify_aud": False},
            )
        except jwt.PyJWTError as error:
            raise BadToken(type(error).__name__) from error
        self._check_audience(claims)
        return claims

    def _key_id(self, token: str) -> str:
        if len(token) > TOKEN_LENGTH_MAX:
            raise BadToken("too_long")
        try:
            header = jwt.get_unverified_header(token)
        except jwt.PyJWTError as error:
            raise BadToken("malformed") from error
        if header.get("alg") not in ALGORITHMS.values():
            raise BadToken("algorithm")
        key_id = header.get("kid")
        if not isinstance(key_id, str) or "crit" in header:
            raise BadToken("header")
        return key_id

    def _check_audience(self, claims: Mapping[str, Any]) -> None:
        use = claims.get("token_use")
        if use == "id":
            audience = claims.get("aud")
            named = audience if isinstance(audience, list) else [audience]
            if not self.client_ids.intersection(name for name in named if isinstance(name, str)):
                raise BadToken("audience")
        elif use == "access":
            if claims.get("client_id") not in self.machine_client_ids:
                raise BadToken("client")
        else:
            raise BadToken("token_use")


def bearer(header: str) -> str:
    """The token of an Authorization header; raises BadToken for any other scheme."""
    scheme, _, token = header.strip().partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token or " " in token:
        raise BadToken("scheme")
    return token

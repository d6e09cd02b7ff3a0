"""Which tokens are let in: signed by us here, refused in every way a token can be wrong."""

import base64
import json
import time
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from chalicelib.auth.tokens import BadToken, KeySet, KeysUnavailable, TokenVerifier, bearer

ISSUER = "https://idp.example/pool"
RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EC_KEY = ec.generate_private_key(ec.SECP256R1())
WIDE_EC_KEY = ec.generate_private_key(ec.SECP384R1())


def jwk(key: Any, kid: str, **extra: str) -> dict[str, Any]:
    algorithm = (
        jwt.algorithms.RSAAlgorithm
        if isinstance(key, rsa.RSAPrivateKey)
        else jwt.algorithms.ECAlgorithm
    )
    return {**json.loads(algorithm.to_jwk(key.public_key())), "kid": kid, **extra}


JWKS = json.dumps({"keys": [jwk(RSA_KEY, "rsa", use="sig", alg="RS256"), jwk(EC_KEY, "ec")]})


class Issuer:
    """Serves a JWKS and counts how often it was asked; the clock is ours."""

    def __init__(self, document: str = JWKS) -> None:
        self.document = document
        self.calls = 0
        self.now = 0.0
        self.broken = False

    def fetch(self) -> bytes:
        self.calls += 1
        if self.broken:
            raise OSError("no route")
        return self.document.encode()

    def keys(self) -> KeySet:
        return KeySet(fetch=self.fetch, monotonic=lambda: self.now)


def verifier(issuer: Issuer | None = None) -> TokenVerifier:
    return TokenVerifier(
        issuer=ISSUER,
        client_ids=frozenset({"web"}),
        machine_client_ids=frozenset({"erp"}),
        keys=(issuer or Issuer()).keys(),
    )


def claims(**changed: Any) -> dict[str, Any]:
    now = int(time.time())
    person = {"iss": ISSUER, "sub": "u-1", "aud": "web", "token_use": "id"}
    stated = person | {"iat": now, "exp": now + 300} | changed
    return {name: value for name, value in stated.items() if value is not None}


def signed(body: dict[str, Any], key: Any = RSA_KEY, alg: str = "RS256", **header: Any) -> str:
    # One layer below jwt.encode, which would refuse to make some of the wrong tokens.
    payload = json.dumps(body).encode()
    return jwt.PyJWS().encode(payload, key, algorithm=alg, headers={"kid": "rsa"} | header)


def test_a_genuine_id_token_is_let_in() -> None:
    assert verifier().verify(signed(claims()))["sub"] == "u-1"


def test_a_token_signed_with_an_elliptic_key_is_let_in() -> None:
    assert verifier().verify(signed(claims(), EC_KEY, "ES256", kid="ec"))["sub"] == "u-1"


def test_an_access_token_of_a_known_machine_is_let_in() -> None:
    token = signed(claims(token_use="access", aud=None, sub=None, client_id="erp"))

    assert verifier().verify(token)["client_id"] == "erp"


def test_a_clock_that_is_slightly_off_is_forgiven() -> None:
    now = int(time.time())

    assert verifier().verify(signed(claims(exp=now - 20, iat=now + 20, nbf=now + 20)))


WRONG_TIMES = {"exp": -120, "nbf": 600, "iat": 600}
"""Seconds from now: expired, not yet valid, issued in the future."""
WRONG_CLAIMS: dict[str, dict[str, Any]] = {
    "without expiry": {"exp": None},
    "without time of issue": {"iat": None},
    "expiry as text": {"exp": "soon"},
    "other issuer": {"iss": ISSUER + "/"},
    "without issuer": {"iss": None},
    "issuer as list": {"iss": [ISSUER]},
    "other audience": {"aud": "other"},
    "without audience": {"aud": None},
    "machine as audience": {"aud": "erp"},
    "audience of numbers": {"aud": [1]},
    "without use": {"token_use": None},
    "refresh token": {"token_use": "refresh"},
    "access token of people": {"token_use": "access", "client_id": "web"},
    "access token without client": {"token_use": "access"},
    "subject as number": {"sub": 7},
}


@pytest.mark.parametrize(("claim", "seconds"), WRONG_TIMES.items())
def test_a_token_of_another_time_is_refused(claim: str, seconds: int) -> None:
    with pytest.raises(BadToken):
        verifier().verify(signed(claims(**{claim: int(time.time()) + seconds})))


@pytest.mark.parametrize("changed", WRONG_CLAIMS.values(), ids=WRONG_CLAIMS.keys())
def test_a_token_with_wrong_claims_is_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(BadToken):
        verifier().verify(signed(claims(**changed)))


def unsigned(header: dict[str, Any], body: dict[str, Any]) -> str:
    def part(value: dict[str, Any]) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    return f"{part(header)}.{part(body)}."


FORGED: dict[str, Callable[[], str]] = {
    "another key": lambda: signed(claims(), OTHER_KEY),
    "algorithm none": lambda: unsigned({"alg": "none", "kid": "rsa"}, claims()),
    "algorithm as object": lambda: unsigned({"alg": {"a": 1}, "kid": "rsa"}, claims()),
    "public key as secret": lambda: signed(claims(), "x" * 64, "HS256"),
    "stronger but unlisted": lambda: signed(claims(), RSA_KEY, "RS512"),
    "probabilistic": lambda: signed(claims(), RSA_KEY, "PS256"),
    "curve of another key": lambda: signed(claims(), EC_KEY, "ES256", kid="rsa"),
    "algorithm of another key": lambda: signed(claims(), RSA_KEY, "RS256", kid="ec"),
    "unknown key id": lambda: signed(claims(), RSA_KEY, "RS256", kid="evil"),
    "key id as list": lambda: unsigned({"alg": "RS256", "kid": ["rsa"]}, claims()),
    "own key in header": lambda: signed(
        claims(), OTHER_KEY, "RS256", jwk=jwk(OTHER_KEY, "rsa"), jku="https://evil.example"
    ),
    "critical extension": lambda: signed(claims(), RSA_KEY, "RS256", crit=["exp"]),
    "body changed": lambda: signed(claims())[:-40] + "A" * 40,
    "empty": lambda: "",
    "dots": lambda: "..",
    "not base64": lambda: "é.é.é",
    "too long": lambda: "a" * 10_000,
}


@pytest.mark.parametrize("make", FORGED.values(), ids=FORGED.keys())
def test_a_forged_token_is_refused(make: Callable[[], str]) -> None:
    with pytest.raises(BadToken):
        verifier().verify(make())


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic abc", "abc", "Bearer a b"])
def test_only_a_bearer_token_is_read(header: str) -> None:
    with pytest.raises(BadToken, match="scheme"):
        bearer(header)


def test_the_scheme_is_read_in_any_case() -> None:
    assert bearer("bearer  a.b.c ") == "a.b.c"


def test_keys_are_fetched_once_for_many_tokens() -> None:
    issuer = Issuer()
    checker = verifier(issuer)

    for _ in range(5):
        checker.verify(signed(claims()))

    assert issuer.calls == 1


def test_a_rotated_key_is_found_by_one_forced_refresh() -> None:
    issuer = Issuer()
    checker = verifier(issuer)
    checker.verify(signed(claims()))
    issuer.now = 120
    issuer.document = json.dumps({"keys": [jwk(OTHER_KEY, "new")]})

    assert checker.verify(signed(claims(), OTHER_KEY, kid="new"))
    assert issuer.calls == 2


def test_invented_key_ids_cannot_flood_the_issuer() -> None:
    issuer = Issuer()
    checker = verifier(issuer)

    for n in range(50):
        with pytest.raises(BadToken, match="unknown_key"):
            checker.verify(signed(claims(), kid=f"evil-{n}"))

    assert issuer.calls == 1


def test_known_keys_serve_while_the_issuer_is_away_but_not_for_ever() -> None:
    issuer = Issuer()
    checker = verifier(issuer)
    token = signed(claims(exp=int(time.time()) + 9999))
    checker.verify(token)
    issuer.broken = True

    issuer.now = 1000
    assert checker.verify(token)
    issuer.now = 4000
    with pytest.raises(KeysUnavailable):
        checker.verify(token)


def test_without_keys_nobody_is_let_in_and_the_next_try_is_soon() -> None:
    issuer = Issuer()
    issuer.broken = True
    checker = verifier(issuer)
    for _ in range(3):
        with pytest.raises(KeysUnavailable):
            checker.verify(signed(claims()))
    assert issuer.calls == 1

    issuer.broken, issuer.now = False, 3
    assert checker.verify(signed(claims()))


@pytest.mark.parametrize("document", ["", "[]", "{}", '{"keys":{}}', "<html>"])
def test_a_document_that_is_no_key_set_lets_nobody_in(document: str) -> None:
    with pytest.raises(KeysUnavailable):
        verifier(Issuer(document)).verify(signed(claims()))


def test_keys_that_must_not_sign_are_left_out() -> None:
    listed = [
        jwk(RSA_KEY, "encrypts", use="enc"),
        jwk(RSA_KEY, "other-algorithm", alg="RS512"),
        jwk(WIDE_EC_KEY, "other-curve"),
        jwk(rsa.generate_private_key(public_exponent=65537, key_size=1024), "short"),
        {"kty": "oct", "k": "c2VjcmV0", "kid": "secret"},
        {"kty": "RSA", "kid": "broken", "n": "!", "e": "AQAB"},
        "text",
    ]
    checker = verifier(Issuer(json.dumps({"keys": [*listed, jwk(RSA_KEY, "rsa")]})))

    assert checker.verify(signed(claims()))
    for kid in ("encrypts", "other-algorithm", "broken"):
        with pytest.raises(BadToken, match="unknown_key"):
            checker.verify(signed(claims(), kid=kid))
    for kid in ("other-curve", "short", "secret"):
        assert kid not in checker.keys._keys

"""The authorizer: what API Gateway is told about a token."""

import time

import jwt
import pytest
from chalice.app import AuthRequest
from cryptography.hazmat.primitives.asymmetric import rsa

from chalicelib.api.authorizer import Unauthorized, authorize
from chalicelib.auth.principal import ALL, Role, from_context
from chalicelib.auth.tokens import KeySet, KeysUnavailable, TokenVerifier

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
ARN = "arn:aws:execute-api:eu-west-1:1:api/api/GET/v1/returns"


def jwks() -> bytes:
    document = jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key())
    return b'{"keys":[' + document.replace("{", '{"kid":"k",', 1).encode() + b"]}"


def away() -> bytes:
    raise OSError("no route")


def verifier(*, reachable: bool = True) -> TokenVerifier:
    return TokenVerifier(
        issuer="iss",
        client_ids=frozenset({"web"}),
        machine_client_ids=frozenset({"erp"}),
        keys=KeySet(fetch=jwks if reachable else away, monotonic=time.monotonic),
    )


def token(**claims: object) -> str:
    now = int(time.time())
    body = {"iss": "iss", "iat": now, "exp": now + 60, **claims}
    return "Bearer " + jwt.encode(body, KEY, algorithm="RS256", headers={"kid": "k"})


def test_a_genuine_token_opens_every_route_with_the_principal_as_context() -> None:
    person = token(
        sub="u-1",
        aud="web",
        token_use="id",
        **{"cognito:groups": ["reviewer"], "custom:warehouses": "*"},
    )

    answer = authorize(person, verifier())

    policy = answer.to_dict(AuthRequest("TOKEN", person, ARN))
    assert policy["policyDocument"]["Statement"][0]["Resource"] == [
        "arn:aws:execute-api:eu-west-1:1:api/api/*/*"
    ]
    principal = from_context(policy["context"])
    assert principal is not None
    assert (principal.id, principal.roles, principal.warehouses) == (
        "u-1",
        frozenset({Role.REVIEWER}),
        ALL,
    )


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer x",
        "Basic eDp5",
        token(sub="u-1", aud="other", token_use="id"),
        token(client_id="erp", token_use="access", scope="other"),
    ],
)
def test_a_refused_token_is_answered_401_and_no_more(header: str) -> None:
    # The exact word is API Gateway's contract for 401.
    with pytest.raises(Unauthorized, match=r"^Unauthorized$"):
        authorize(header, verifier())


def test_an_issuer_that_is_away_lets_nobody_in() -> None:
    with pytest.raises(KeysUnavailable):
        authorize(token(sub="u-1", aud="web", token_use="id"), verifier(reachable=False))

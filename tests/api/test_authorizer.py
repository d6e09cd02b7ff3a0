"""The authorizer: what API Gateway is told about a token."""

import time
from typing import Any

import jwt
import pytest
from chalice.app import AuthRequest
from cryptography.hazmat.primitives.asymmetric import rsa

from chalicelib.api.authorizer import Unauthorized, authorize, authorize_device
from chalicelib.auth.principal import ALL, Kind, Role, from_context
from chalicelib.auth.tokens import KeySet, KeysUnavailable, TokenVerifier
from chalicelib.core.errors import TransientError
from chalicelib.devices.model import Credential, Device, DeviceState
from chalicelib.devices.secrets import device_secret
from chalicelib.devices.signing import SignedRequest, authorized, body_hash, is_signed
from tests.builders import NOW

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
MASTER = b"m" * 64
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


# --- devices: who may be believed is tests/devices' business; here is what is answered ---


def signed(**changes: Any) -> str:
    fields = {"method": "GET", "path": "/v1/scans/s", "body": body_hash(b""), "sequence": 1}
    request = SignedRequest(**{"time": int(NOW.timestamp()), **fields, **changes})
    return authorized("dev_1", 1, device_secret(MASTER, "dev_1", 1), request)


def device(state: DeviceState = DeviceState.ENROLLED) -> Device:
    return Device(
        device_id="dev_1",
        name="Dock 2",
        warehouse="WH1",
        state=state,
        credential=Credential(number=1, key_id="k", issued_at=NOW),
        enrolled_at=NOW,
        enrolled_by="w",
    )


def no_master(_: str) -> bytes | None:
    return None


def test_a_device_is_let_in_with_what_it_signed_as_context() -> None:
    header = signed()

    answer = authorize_device(header, lambda _: device(), lambda _: MASTER, NOW)

    context = answer.to_dict(AuthRequest("TOKEN", header, ARN))["context"]
    principal = from_context(context)
    assert principal is not None
    assert (principal.id, principal.kind) == ("dev_1", Kind.DEVICE)
    assert principal.warehouses == frozenset({"WH1"})
    assert {name: context[name] for name in ("signed_method", "signed_path", "first_use")} == {
        "signed_method": "GET",
        "signed_path": "/v1/scans/s",
        "first_use": "0",
    }
    assert all(isinstance(value, str) for value in context.values()), "API Gateway passes no more"


@pytest.mark.parametrize(
    "header",
    [
        "TUIKU-HMAC-SHA256",
        "tuiku-hmac-sha256 x",
        signed(time=0),
        signed().replace("dev_1", "dev_2"),
        signed()[:-1],
        "TUIKU-HMAC-SHA256 " + "\x00" * 99,
    ],
)
def test_a_refused_signature_is_answered_401_and_no_more(header: str) -> None:
    with pytest.raises(Unauthorized, match=r"^Unauthorized$"):
        authorize_device(header, lambda _: None, no_master, NOW)


def test_a_revoked_device_is_answered_like_any_other_stranger() -> None:
    with pytest.raises(Unauthorized, match=r"^Unauthorized$"):
        authorize_device(signed(), lambda _: device(DeviceState.REVOKED), lambda _: MASTER, NOW)


def test_a_store_that_is_away_lets_no_device_in() -> None:
    def store_is_away(_: str) -> Device | None:
        raise TransientError("store_unreachable", "The store did not answer.")

    with pytest.raises(TransientError):
        authorize_device(signed(), store_is_away, lambda _: MASTER, NOW)


def test_each_scheme_goes_its_own_way() -> None:
    assert is_signed(signed())
    assert is_signed(" tuiku-hmac-sha256 x")
    assert not is_signed("Bearer TUIKU-HMAC-SHA256")
    assert not is_signed("")

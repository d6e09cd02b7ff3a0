"""The one authorizer of all routes: a verified token, or what a device signed, becomes a principal.

It is passed on as strings, and of a device what was signed too: the request itself is seen only by
the boundary, which compares it (`api.signed`).

Permissions are checked by the boundary: a policy that listed routes would be cached per token and
then deny the next route (API Gateway caches the answer, not the question).
"""

import time
from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from chalice.app import AuthRequest, AuthResponse, Blueprint

from chalicelib import telemetry
from chalicelib.auth.principal import from_claims, to_context
from chalicelib.core.clock import utc_now
from chalicelib.core.errors import NotAllowed
from chalicelib.devices.signing import BadSignature, is_signed
from chalicelib.settings import settings

if TYPE_CHECKING:
    from chalicelib.auth.tokens import TokenVerifier
    from chalicelib.devices.model import Device

bp = Blueprint(__name__)
log = telemetry.logger(__name__)


class Unauthorized(Exception):
    """API Gateway answers 401 only when the error message of the function is exactly this word."""

    def __init__(self) -> None:
        super().__init__("Unauthorized")


@bp.authorizer(ttl_seconds=60)
def authorize_request(request: AuthRequest) -> AuthResponse:
    """Lets a genuine token in, everywhere; repeating it is harmless, because it changes nothing.

    The answer is kept for a minute under the header as it was sent. A device never sends the same
    header twice but to repeat the same request, so a revoked one is refused from its next request.
    """
    if is_signed(request.token):
        return authorize_device(request.token, _device, _master, utc_now())
    return authorize(request.token, _verifier())


# CORS is the application's (`app.api.cors`); `cors=True` here would mean Chalice's own default.
# The content type is checked by the boundary, which answers with a problem document.
PRIVATE: dict[str, Any] = {"authorizer": authorize_request, "content_types": []}
PUBLIC: dict[str, Any] = {"content_types": []}
"""What every route says beside its path and methods."""


def authorize(header: str, verifier: "TokenVerifier") -> AuthResponse:
    """The policy for this token; raises Unauthorized, or KeysUnavailable (500: never fail open)."""
    from chalicelib.auth.tokens import BadToken, bearer  # noqa: PLC0415 - see _verifier

    telemetry.configure()
    try:
        principal = from_claims(verifier.verify(bearer(header)))
    except BadToken as error:
        log.info("token refused", extra={"reason": error.reason})
        raise Unauthorized from None
    except NotAllowed as error:
        log.info("token refused", extra={"reason": error.code})
        raise Unauthorized from None
    return AuthResponse(routes=["*"], principal_id=principal.id, context=to_context(principal))


def authorize_device(
    header: str,
    device_of: "Callable[[str], Device | None]",
    master_of: "Callable[[str], bytes | None]",
    now: datetime,
) -> AuthResponse:
    """As `authorize`, of a header that a device signed; a store that is away is a 500, too."""
    from chalicelib.api.signed import signed_context  # noqa: PLC0415 - as in _device
    from chalicelib.devices.admitting import admit  # noqa: PLC0415

    telemetry.configure()
    try:
        admission = admit(header, device_of=device_of, master_of=master_of, now=now)
    except BadSignature as error:
        log.info("signature refused", extra={"reason": error.reason})
        telemetry.count("signatures_refused", reason=error.reason)
        raise Unauthorized from None
    principal = admission.principal
    context = to_context(principal) | signed_context(admission)
    return AuthResponse(routes=["*"], principal_id=principal.id, context=context)


def _device(device_id: str) -> "Device | None":
    # Imported here: people's tokens need neither the store nor the key.
    from chalicelib import wiring  # noqa: PLC0415

    return wiring.reads().device(device_id)


def _master(key_id: str) -> bytes | None:
    from chalicelib import wiring  # noqa: PLC0415 - as above

    key = wiring.device_key().find(key_id)
    return None if key is None else key.secret


@cache
def _verifier() -> "TokenVerifier":
    # Imported here: the cryptography library is 50 ms that the other functions need not pay.
    from chalicelib.auth.tokens import KeySet, TokenVerifier  # noqa: PLC0415
    from chalicelib.gateways.jwks import fetch_jwks  # noqa: PLC0415

    url = settings.oidc_jwks_url
    return TokenVerifier(
        issuer=settings.oidc_issuer,
        client_ids=settings.oidc_client_ids,
        machine_client_ids=settings.oidc_machine_client_ids,
        keys=KeySet(fetch=lambda: fetch_jwks(url), monotonic=time.monotonic),
    )

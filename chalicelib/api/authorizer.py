"""The one authorizer of all routes: a verified token becomes a principal, passed on as strings.

Permissions are checked by the boundary: a policy that listed routes would be cached per token and
then deny the next route (API Gateway caches the answer, not the question).
"""

import time
from functools import cache
from typing import TYPE_CHECKING, Any

from chalice.app import AuthRequest, AuthResponse, Blueprint

from chalicelib import telemetry
from chalicelib.auth.principal import from_claims, to_context
from chalicelib.core.errors import NotAllowed
from chalicelib.settings import settings

if TYPE_CHECKING:
    from chalicelib.auth.tokens import TokenVerifier

bp = Blueprint(__name__)
log = telemetry.logger(__name__)


class Unauthorized(Exception):
    """API Gateway answers 401 only when the error message of the function is exactly this word."""

    def __init__(self) -> None:
        super().__init__("Unauthorized")


@bp.authorizer(ttl_seconds=60)
def authorize_request(request: AuthRequest) -> AuthResponse:
    """Lets a genuine token in, everywhere; repeating it is harmless, because it changes nothing."""
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

"""Requests that a device signed: what the authorizer believed is compared with what has come.

The authorizer is shown the header alone, and passes on what was signed; here is the request. It is
compared before anything of it is read. The first request signed with a newer credential makes that
one the only one.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from chalice.app import Request

from chalicelib import wiring
from chalicelib.api.call import KeyRule, Refused, filled
from chalicelib.auth.principal import Kind, Principal
from chalicelib.core.events import Context
from chalicelib.core.ids import derived_id
from chalicelib.devices import managing
from chalicelib.devices.admitting import Admission
from chalicelib.devices.signing import SignedRequest, body_hash, signed_path

_MISMATCH = "signature_mismatch"


def signed_context(admission: Admission) -> dict[str, str]:
    """What the authorizer passes on beside the principal."""
    signed = admission.signed
    return {
        "signed_method": signed.method,
        "signed_path": signed.path,
        "signed_body": signed.body,
        "signed_time": str(signed.time),
        "signed_sequence": str(signed.sequence),
        "credential": str(admission.credential),
        "first_use": "1" if admission.is_first_use else "0",
    }


def compare(
    request: Request,
    principal: Principal,
    path: Mapping[str, str],
    *,
    correlation_id: str,
    now: datetime,
) -> SignedRequest | None:
    """What a device signed, which is exactly this request; None of anybody else.

    Raises Refused `signature_mismatch` (401).
    """
    if principal.kind is not Kind.DEVICE:
        return None
    context = request.context.get("authorizer") or {}
    signed = _signed(context)
    if signed is None or (request.method, signed.path) != (signed.method, _path(request, path)):
        raise Refused(401, _MISMATCH)
    if _body_hash(request) != signed.body:
        raise Refused(401, _MISMATCH)
    if context.get("first_use") == "1":
        _used(principal, int(context["credential"]), correlation_id, now)
    return signed


def idempotency_key(signed: SignedRequest, rule: KeyRule) -> str | None:
    """The number of the request, whatever its headers say: only that is signed.

    So a signed request that comes again is the same command, and a device repeats a command by
    signing it anew under its old number.
    """
    return None if rule is None else f"sequence-{signed.sequence}"


def _signed(context: Mapping[str, Any]) -> SignedRequest | None:  # Any: JSON of API Gateway
    """None: a device without a signature, which no authorizer of ours lets in."""
    try:
        return SignedRequest(
            method=str(context["signed_method"]),
            path=str(context["signed_path"]),
            body=str(context["signed_body"]),
            time=int(context["signed_time"]),
            sequence=int(context["signed_sequence"]),
        )
    except (KeyError, ValueError):
        return None


def _path(request: Request, path: Mapping[str, str]) -> str:
    """From /v1 on: what stands before it (a stage, a domain's base path) devices need not know."""
    sent = request.query_params
    pairs = [(name, value) for name in sent for value in sent.getlist(name)] if sent else []
    return signed_path(filled(request.path, path), pairs)


def _body_hash(request: Request) -> str | None:
    """None of what cannot be bytes: nobody signed that."""
    try:
        sent = request.raw_body
        return body_hash(sent.encode() if isinstance(sent, str) else sent)
    except UnicodeEncodeError:
        return None


def _used(principal: Principal, credential: int, correlation_id: str, now: datetime) -> None:
    """The same request again, or two first ones at once, find it done."""
    context = Context(
        actor=principal.actor(),
        now=now,
        command_id=derived_id("cmd", "credential", principal.id, str(credential)),
        correlation_id=correlation_id,
    )
    wiring.commands().run(
        lambda reads: managing.used(reads, principal.id, credential, context), context=context
    )

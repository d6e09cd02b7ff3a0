"""Telling partners: signed as Standard Webhooks, to public places only, once a call.

An address is data that people typed in. Its name is looked up here, every place it leads to must be
on the public internet, and the connection goes to the very place that was looked at: a name that
is pointed elsewhere in between leads nowhere. No redirect is followed.
"""

import ipaddress
import json
import socket
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import urllib3
from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.core.errors import Invalid
from chalicelib.core.events import Json
from chalicelib.core.signatures import webhook_headers
from chalicelib.gateways import outbound
from chalicelib.gateways.outbound import Unbelievable
from chalicelib.notices.partners import Partner, require_public
from chalicelib.notices.sending import PartnerAnswer, Told

TIMEOUT_S = 5.0
ANSWER_BYTES_MAX = 64 * 1024
SECRET_LENGTH_MIN = 24
_AGAIN = frozenset({408, 409, 425, 429})
"""Statuses of the fours that say nothing about the message itself."""
Resolve = Callable[[str, int], list[str]]
Pool = Callable[[str], urllib3.PoolManager]


class HttpPartners:
    """`sandbox` begins addresses that are called as they are: those of a local stack."""

    def __init__(
        self,
        client: Any,  # Any: boto3's client of the parameter store, for which there are no stubs
        *,
        path: str,
        sandbox: str = "",
        resolve: Resolve | None = None,
        pool: Pool | None = None,
    ) -> None:
        self._client = client
        self._path = path
        self._sandbox = sandbox
        self._resolve = resolve or _resolved
        self._pool = pool or _pinned

    def tell(
        self, partner: Partner, message_id: str, body: dict[str, Json], *, now: datetime
    ) -> Told:
        """One try. Nothing raises for what the partner or the network does."""
        try:
            secret = self._secret(partner.secret)
            content = json.dumps(body, separators=(",", ":")).encode()
            headers = webhook_headers(secret, message_id, content, now)
            return self._sent(partner.endpoint, content, headers)
        except Unbelievable as unbelievable:
            return Told(answer=PartnerAnswer.UNKNOWN, fault=str(unbelievable))
        except Invalid as refused:
            return Told(answer=PartnerAnswer.REFUSED, fault=refused.code)

    def _sent(self, endpoint: str, content: bytes, headers: Mapping[str, str]) -> Told:
        url, http, more = self._way(endpoint)
        status, _ = outbound.call(
            http,
            "POST",
            url,
            TIMEOUT_S,
            bytes_max=ANSWER_BYTES_MAX,
            content=content,
            more_headers={**headers, **more},
        )
        if 200 <= status < 300:
            return Told(answer=PartnerAnswer.TAKEN)
        fault = f"http_{status}"
        is_no = 400 <= status < 500 and status not in _AGAIN
        return Told(answer=PartnerAnswer.REFUSED if is_no else PartnerAnswer.UNKNOWN, fault=fault)

    def _way(self, endpoint: str) -> tuple[str, urllib3.PoolManager, dict[str, str]]:
        """The address by number, a pool that expects the name, and the header that says it."""
        if self._sandbox and endpoint.startswith(self._sandbox):
            return endpoint, urllib3.PoolManager(retries=False), {}
        require_public(endpoint)
        parts = urlsplit(endpoint)
        host, port = parts.hostname or "", parts.port or 443
        place = self._public_place(host, port)
        shown = f"[{place}]" if ":" in place else place
        path = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
        return f"https://{shown}:{port}{path}", self._pool(host), {"Host": parts.netloc}

    def _public_place(self, host: str, port: int) -> str:
        """The first of the places that the name leads to; all of them must be public."""
        places = self._resolve(host, port)
        if not places:
            raise Unbelievable("name_unknown")
        for place in places:
            if not _is_public(place):
                raise Invalid("private_endpoint", "The name leads to a private place.")
        return places[0]

    def _secret(self, name: str) -> bytes:
        try:
            answer = self._client.get_parameter(Name=f"{self._path}/{name}", WithDecryption=True)
        except ClientError as exc:
            if exc.response["Error"].get("Code") == "ParameterNotFound":
                raise Unbelievable("secret_missing") from exc
            raise Unbelievable("secret_unavailable") from exc
        except BotoCoreError as exc:
            raise Unbelievable("secret_unavailable") from exc
        secret = str(answer["Parameter"]["Value"]).strip()
        if len(secret) < SECRET_LENGTH_MIN:
            raise Unbelievable("secret_too_short")
        return secret.encode()


def _is_public(place: str) -> bool:
    """Global unicast; of addresses that carry another one inside, that one too."""
    address = ipaddress.ip_address(place)
    inner = getattr(address, "ipv4_mapped", None) or getattr(address, "sixtofour", None)
    if inner is not None and not _is_public(str(inner)):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def _resolved(host: str, port: int) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as exc:
        raise Unbelievable("name_unknown") from exc
    return list(dict.fromkeys(str(address[4][0]) for address in found))


def _pinned(host: str) -> urllib3.PoolManager:
    """Connects to a number, and accepts only a certificate of the name."""
    return urllib3.PoolManager(retries=False, server_hostname=host, assert_hostname=host)

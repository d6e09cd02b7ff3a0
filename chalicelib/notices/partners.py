"""The partner that runs a warehouse: where it is told, and under which secret.

Only an address on the public internet is called, by HTTPS; that its name leads to no private place
is found out whenever it is called, as names may be pointed elsewhere later.
"""

import ipaddress
import re
from dataclasses import dataclass, replace
from typing import Protocol
from urllib.parse import urlsplit

from chalicelib.core.commands import Changes, Decided
from chalicelib.core.errors import FieldError, Invalid, NotAllowed, Stale
from chalicelib.core.events import Actor, Chain, Context, Journal

ENDPOINT_LENGTH_MAX = 500
_MACHINE = "machine"
PORTS = frozenset({None, 443, 8443})
_HOST = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,62}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Partner:
    """`secret` names a parameter, never its value. Not `is_on`: nothing is sent there.

    `client_id` is the machine that confirms for the partner; None: any machine of the warehouse.
    """

    warehouse: str
    endpoint: str
    secret: str
    is_on: bool = True
    client_id: str | None = None
    version: int = 1
    chain: Chain = Chain()

    @property
    def subject(self) -> str:
        return f"partner/{self.warehouse}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SetUp:
    """How the partner of a warehouse is reached."""

    endpoint: str
    secret: str
    is_on: bool = True
    client_id: str | None = None


class PartnerReader(Protocol):
    def partner(self, warehouse: str) -> Partner | None: ...


def set_up(
    reads: PartnerReader, warehouse: str, command: SetUp, context: Context, *, sandbox: str = ""
) -> Decided[Partner]:
    """Say who runs a warehouse. Saying the same again changes nothing.

    `sandbox` begins addresses that are allowed though they are no public ones: of a local stack.
    """
    if not (sandbox and command.endpoint.startswith(sandbox)):
        require_public(command.endpoint)
    before = reads.partner(warehouse)
    actual = before.version if before is not None else 0
    after = Partner(
        warehouse=warehouse,
        endpoint=command.endpoint,
        secret=command.secret,
        is_on=command.is_on,
        client_id=command.client_id,
        version=actual + 1,
        chain=before.chain if before is not None else Chain(),
    )
    if before is not None and replace(after, version=actual) == before:
        return Decided(result=before)
    if context.expected_version not in (None, actual):
        raise Stale(
            "stale_version",
            f"The partner of {warehouse} is at version {actual}, not {context.expected_version}.",
            expected=context.expected_version,
            actual=actual,
        )
    journal = Journal(after.subject, after.chain, context)
    journal.record("partner.set_up", {"warehouse": warehouse, "is_on": after.is_on})
    after = replace(after, chain=journal.chain)
    changes = Changes(records=(after,), events=tuple(journal.events))
    return Decided(result=after, changes=changes)


def require_own(partner: Partner | None, actor: Actor) -> None:
    """Raises NotAllowed for a machine that is not the partner's, where the partner has its own."""
    stated = partner.client_id if partner is not None else None
    if actor.role == _MACHINE and stated not in (None, actor.id):
        raise NotAllowed("not_the_partner", "Another machine confirms for this warehouse.")


def require_public(endpoint: str) -> None:
    """Raises Invalid `bad_endpoint` for what is no plain HTTPS address of a public name."""
    reason = _fault(endpoint)
    if reason is not None:
        message = f"The address of a partner {reason}."
        fault = FieldError(pointer="/endpoint", code="bad_endpoint", message=message)
        raise Invalid("bad_endpoint", message, errors=[fault])


def _fault(endpoint: str) -> str | None:
    try:
        parts = urlsplit(endpoint)
        host, port = parts.hostname, parts.port
    except ValueError:
        return "cannot be read"
    if not endpoint.isascii() or any(letter.isspace() for letter in endpoint):
        return "has letters that do not belong there"
    if parts.scheme != "https" or parts.username is not None or parts.fragment:
        return "begins with https:// and names no user"
    if port not in PORTS:
        return "has port 443 or 8443"
    if host is None or _is_number(host) or not _HOST.fullmatch(host):
        return "is a public name, not a number"
    return None


def _is_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True

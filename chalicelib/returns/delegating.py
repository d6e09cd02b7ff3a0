"""Lending one's right to decide to somebody else, for a time and with a reason.

The right that counts is the delegator's; both are seen as having acted. It opens no door: who has
no right to approve at all gets none by it, only more weight. The reason is words of a person: it is
in no event.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from chalicelib.core.clock import rfc3339
from chalicelib.core.commands import Changes, Decided
from chalicelib.core.errors import Conflict, FieldError, Invalid, NotFound, Stale
from chalicelib.core.events import Chain, Context, Journal, Json
from chalicelib.core.ids import derived_id

LASTS_MAX = timedelta(days=92)
_LEAD = "admin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delegation:
    """From `starts_at` until `ends_at` (exclusive), unless it was ended before.

    `delegator_role` is the right that is lent. `uses` counts the decisions made by it: each raises
    the version, so a decision and the end of the delegation cannot pass each other by.
    """

    delegation_id: str
    delegator: str
    delegator_role: str
    delegate: str
    starts_at: datetime
    ends_at: datetime
    reason: str
    created_at: datetime
    ended_at: datetime | None = None
    ended_by: str | None = None
    uses: int = 0
    version: int = 1
    chain: Chain = Chain()

    @property
    def subject(self) -> str:
        return f"delegation/{self.delegation_id}"

    def lasts_at(self, moment: datetime) -> bool:
        """Whether it may be used at this moment."""
        return self.ended_at is None and self.starts_at <= moment < self.ends_at


@dataclass(frozen=True, slots=True, kw_only=True)
class DelegationOf:
    """Leads from a person to a delegation that they gave or received; never changed."""

    person: str
    delegation_id: str
    ends_at: datetime
    version: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Delegate:
    """To whom, for how long, why. `starts_at` None: from now on."""

    delegate: str
    ends_at: datetime
    reason: str
    starts_at: datetime | None = None


class DelegationReader(Protocol):
    """Reads delegations."""

    def delegation(self, delegation_id: str) -> Delegation | None: ...

    def delegations_of(self, person: str, *, ending_after: datetime) -> list[Delegation]: ...


def delegate(command: Delegate, context: Context) -> Decided[Delegation]:
    """Lend the caller's right, in the role in which they act."""
    starts_at = command.starts_at or context.now
    _check(command, starts_at, context)
    given = Delegation(
        delegation_id=derived_id("dlg", context.command_id),
        delegator=context.actor.id,
        delegator_role=context.actor.role,
        delegate=command.delegate,
        starts_at=starts_at,
        ends_at=command.ends_at,
        reason=command.reason,
        created_at=context.now,
    )
    journal = Journal(given.subject, given.chain, context)
    journal.record("delegation.created", _facts(given))
    given = replace(given, chain=journal.chain)
    links = tuple(
        DelegationOf(person=person, delegation_id=given.delegation_id, ends_at=given.ends_at)
        for person in (given.delegator, given.delegate)
    )
    changes = Changes(records=(given, *links), events=tuple(journal.events))
    return Decided(result=given, changes=changes)


def end(reads: DelegationReader, delegation_id: str, context: Context) -> Decided[Delegation]:
    """Take it back before its time, or give it back; an admin may, too. Ended twice, it is once."""
    given = reads.delegation(delegation_id)
    if given is None or not _is_theirs(given, context):
        raise NotFound("delegation_not_found", f"There is no delegation {delegation_id}.")
    if given.ended_at is not None:
        return Decided(result=given)
    if context.expected_version not in (None, given.version):
        raise Stale(
            "stale_version",
            f"The delegation is at version {given.version}, not {context.expected_version}.",
            subject=given.subject,
            expected=context.expected_version,
            actual=given.version,
        )
    if context.now >= given.ends_at:
        ended = rfc3339(given.ends_at)
        raise Conflict("delegation_over", f"It is over since {ended}.", ends_at=ended)
    given = replace(
        given, ended_at=context.now, ended_by=context.actor.id, version=given.version + 1
    )
    journal = Journal(given.subject, given.chain, context)
    journal.record("delegation.ended", _facts(given))
    given = replace(given, chain=journal.chain)
    return Decided(result=given, changes=Changes(records=(given,), events=tuple(journal.events)))


def used(given: Delegation) -> Delegation:
    """The delegation after one more decision by it."""
    return replace(given, uses=given.uses + 1, version=given.version + 1)


def _is_theirs(given: Delegation, context: Context) -> bool:
    is_party = context.actor.id in (given.delegator, given.delegate)
    return is_party or context.actor.role == _LEAD


def _check(command: Delegate, starts_at: datetime, context: Context) -> None:
    errors: list[FieldError] = []
    if command.delegate == context.actor.id:
        message = "Delegate to somebody else than yourself."
        errors.append(_fault("/delegate", "delegate_is_delegator", message))
    if command.ends_at <= max(context.now, starts_at):
        message = "It ends after it starts, and in the future."
        errors.append(_fault("/ends_at", "delegation_ends_early", message))
    elif command.ends_at - starts_at > LASTS_MAX:
        message = f"It lasts {LASTS_MAX.days} days at most."
        errors.append(_fault("/ends_at", "delegation_too_long", message))
    if errors:
        raise Invalid("invalid_delegation", "The delegation has faults.", errors=errors)


def _fault(pointer: str, code: str, message: str) -> FieldError:
    return FieldError(pointer=pointer, code=code, message=message)


def _facts(given: Delegation) -> dict[str, Json]:
    return {
        "delegation_id": given.delegation_id,
        "delegator": given.delegator,
        "delegator_role": given.delegator_role,
        "delegate": given.delegate,
        "starts_at": rfc3339(given.starts_at),
        "ends_at": rfc3339(given.ends_at),
        "ended_at": rfc3339(given.ended_at) if given.ended_at is not None else None,
        "version": given.version,
    }

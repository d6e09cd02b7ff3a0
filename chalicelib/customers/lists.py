"""Putting customers on lists and taking them off: `allow`, `block`, and a merchant's own ones.

What a list means is said by policies alone; here it only excludes that somebody is allowed and
blocked at once. Saying the same again changes nothing.
"""

import re
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from chalicelib.core.clock import rfc3339
from chalicelib.core.commands import Changes, Decided
from chalicelib.core.errors import Conflict, FieldError, Invalid, Stale
from chalicelib.core.events import Context, Journal, Json
from chalicelib.customers.model import ALLOW, BLOCK, CustomerStanding, Membership

LISTS_MAX = 50
_OPPOSITES = {ALLOW: BLOCK, BLOCK: ALLOW}
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class PutOnList:
    """Why, and until when; without an end it lasts until somebody takes the customer off."""

    list_name: str
    reason: str
    until: datetime | None = None


class StandingReader(Protocol):
    """What is read to list a customer."""

    def customer_standing(self, customer_id: str) -> CustomerStanding: ...


def put_on_list(
    reads: StandingReader, customer_id: str, command: PutOnList, context: Context
) -> Decided[CustomerStanding]:
    """Put the customer on a list, or change why and until when they are on it.

    Raises Conflict where they are on the opposite one, or on too many.
    """
    standing = _seen(reads.customer_standing(customer_id), context)
    _check(command, context)
    before = standing.membership(command.list_name)
    if before is not None and (before.reason, before.until) == (command.reason, command.until):
        return Decided(result=standing)
    _check_room(standing, command.list_name, context)
    made = Membership(
        list_name=command.list_name,
        reason=command.reason,
        by=context.actor.id,
        at=context.now,
        until=command.until,
    )
    kept = tuple(one for one in standing.memberships if one.list_name != command.list_name)
    facts: dict[str, Json] = {
        "list": command.list_name,
        "until": rfc3339(command.until) if command.until else None,
        "was_listed": before is not None and before.holds_at(context.now),
    }
    return _changed(standing, (*kept, made), "customer.listed", facts, context)


def take_off_list(
    reads: StandingReader, customer_id: str, list_name: str, context: Context
) -> Decided[CustomerStanding]:
    """Take the customer off a list; who is not on it stays as they are."""
    standing = _seen(reads.customer_standing(customer_id), context)
    before = standing.membership(list_name)
    if before is None:
        return Decided(result=standing)
    kept = tuple(one for one in standing.memberships if one is not before)
    facts: dict[str, Json] = {
        "list": list_name,
        "was_listed": before.holds_at(context.now),
    }
    return _changed(standing, kept, "customer.unlisted", facts, context)


def _seen(standing: CustomerStanding, context: Context) -> CustomerStanding:
    expected = context.expected_version
    if expected is not None and expected != standing.version:
        raise Stale(
            "stale_version",
            f"The lists of the customer are at version {standing.version}, not {expected}.",
            subject=standing.subject,
            expected=expected,
            actual=standing.version,
        )
    return standing


def _check(command: PutOnList, context: Context) -> None:
    if not _NAME.fullmatch(command.list_name):
        raise _invalid(
            "bad_list_name",
            "The name of a list is a small letter, then small letters, digits, - and _, up to 40.",
            "path:list_name",
        )
    if command.until is not None and command.until <= context.now:
        raise _invalid("already_over", "It would be over before it began.", "/until")


def _check_room(standing: CustomerStanding, list_name: str, context: Context) -> None:
    opposite = _OPPOSITES.get(list_name)
    if opposite is not None and opposite in standing.lists_at(context.now):
        raise Conflict(
            "on_opposite_list",
            f"The customer is on {opposite}: take them off it first.",
            list=opposite,
        )
    others = [one for one in standing.memberships if one.list_name != list_name]
    if len(others) >= LISTS_MAX:
        raise Conflict("too_many_lists", f"A customer is on at most {LISTS_MAX} lists.")


def _changed(
    standing: CustomerStanding,
    memberships: tuple[Membership, ...],
    event_type: str,
    facts: dict[str, Json],
    context: Context,
) -> Decided[CustomerStanding]:
    standing = replace(
        standing,
        memberships=tuple(sorted(memberships, key=lambda one: one.list_name)),
        version=standing.version + 1,
    )
    journal = Journal(standing.subject, standing.chain, context)
    journal.record(
        event_type,
        {"customer_id": standing.customer_id, "version": standing.version, **facts},
    )
    standing = replace(standing, chain=journal.chain)
    changes = Changes(records=(standing,), events=tuple(journal.events))
    return Decided(result=standing, changes=changes)


def _invalid(code: str, message: str, pointer: str) -> Invalid:
    return Invalid(code, message, errors=[FieldError(pointer=pointer, code=code, message=message)])

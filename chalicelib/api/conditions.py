"""Conditional requests (RFC 9110 section 13, RFC 6585): who has to say which version they looked
at, whether what they know is still so, and what has changed where it is not.
"""

import re

from chalicelib import telemetry, wiring
from chalicelib.api import scopes
from chalicelib.api.call import Call, Refused
from chalicelib.auth.principal import Kind
from chalicelib.core.clock import rfc3339
from chalicelib.core.errors import Stale, TransientError
from chalicelib.core.events import Event

CHANGES_MAX = 20
"""Of what happened meanwhile, the latest are told."""
_TAG = re.compile(r'(?:W/)?("[\x21\x23-\x7e\x80-\xff]*")')
log = telemetry.logger(__name__)


def must_name_version(call: Call) -> None:
    """People decide about what they see, so they say what they saw; raises 428 otherwise.

    Machines and devices state facts and are not asked; where they name a version it counts.
    """
    if call.principal.kind is Kind.PERSON and not call.headers.get("if-match", "").strip():
        raise Refused(428, "if_match_required")


def is_known(if_none_match: str, tag: str) -> bool:
    """Whether the caller's list of tags names this one; compared weakly, as GET and HEAD do."""
    sent = if_none_match.strip()
    return sent == "*" or _opaque(tag) in _TAG.findall(sent)


def changes_since(error: Stale) -> dict[str, object]:
    """The facts of a stale version, with what was done meanwhile and by whom.

    It is told to whoever asked: what is for staff only is left out for all.
    """
    facts = dict(error.details)
    expected = facts.get("expected")
    if error.subject is None or not isinstance(expected, int):
        return facts
    try:
        events = wiring.reads().latest_events(error.subject, CHANGES_MAX)
    except TransientError:
        # The refusal stands without its explanation.
        log.warning("changes not read", extra={"subject": error.subject})
        return facts
    told = [one for one in events if one.type not in scopes.FOR_STAFF]
    return {**facts, "changes": [_change(one) for one in told if _made(one) > expected]}


def _opaque(tag: str) -> str:
    return tag.removeprefix("W/")


def _made(event: Event) -> int:
    """The version that the event belongs to; 0 for an event that does not say."""
    version = event.data.get("version")
    return version if isinstance(version, int) else 0


def _change(event: Event) -> dict[str, object]:
    return {
        "seq": event.seq,
        "type": event.type,
        "time": rfc3339(event.time),
        "actor": {"id": event.actor.id, "role": event.actor.role},
    }

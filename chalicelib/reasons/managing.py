"""Changing the catalogue: a merchant adds reasons, changes what follows from them, and ends them.

A code keeps its meaning for good, for returns and policies go by it: what was added is never taken
away, only no longer offered, and neither its group nor its fault changes.
"""

from dataclasses import dataclass, replace

from chalicelib.core.commands import Changes, Decided
from chalicelib.core.errors import Conflict, FieldError, Invalid, NotFound, Stale
from chalicelib.core.events import Context, Journal
from chalicelib.reasons.amendments import Amendments, amended
from chalicelib.reasons.built_in import built_in
from chalicelib.reasons.catalogue import OTHER, Catalogue, Reason
from chalicelib.reasons.checking import faults_of
from chalicelib.reasons.ports import AmendmentReader

AMENDED_MAX = 200
"""Reasons that a merchant adds or changes: all of them are one record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """The catalogue after a command, the reason it was about, and whether that is new."""

    catalogue: Catalogue
    reason: Reason
    is_new: bool = False


def put(reads: AmendmentReader, wanted: Reason, context: Context) -> Decided[Changed]:
    """Add a reason, or change one; raises Invalid with every fault. As it is already: no change."""
    amendments = reads.reason_amendments()
    catalogue = amended(amendments)
    known = catalogue.reasons.get(wanted.code)
    if known == wanted:
        return Decided(result=Changed(catalogue=catalogue, reason=wanted))
    _check_version(amendments, context)
    errors = list(faults_of(wanted, catalogue))
    after = amendments.with_reason(wanted)
    if len(after.reasons) > AMENDED_MAX:
        message = f"At most {AMENDED_MAX} reasons are added or changed."
        errors.append(FieldError(pointer="/code", code="too_many_reasons", message=message))
    if errors:
        raise Invalid("reason_faults", "The reason cannot be kept like this.", errors=errors)
    return _written(after, wanted, context, change="added" if known is None else "changed")


def deactivate(reads: AmendmentReader, code: str, context: Context) -> Decided[Changed]:
    """Offer a reason no longer; what was asked for with it stays as it is."""
    amendments = reads.reason_amendments()
    catalogue = amended(amendments)
    known = catalogue.reasons.get(code)
    if known is None:
        raise NotFound("reason_not_found", f"There is no reason {code}.")
    if not known.active:
        return Decided(result=Changed(catalogue=catalogue, reason=known))
    _check_version(amendments, context)
    if code == OTHER:
        raise Conflict(
            "other_stays", "OTHER is there for whatever has no reason of its own: it stays."
        )
    gone = replace(known, active=False)
    return _written(amendments.with_reason(gone), gone, context, change="deactivated")


def _written(
    amendments: Amendments, reason: Reason, context: Context, *, change: str
) -> Decided[Changed]:
    """The amendments at their next version. Words are people's: the event has codes only."""
    amendments = replace(amendments, version=amendments.version + 1)
    catalogue = amended(amendments)
    journal = Journal(amendments.subject, amendments.chain, context)
    journal.record(
        "reasons.changed",
        {"code": reason.code, "change": change, "version": catalogue.version},
    )
    amendments = replace(amendments, chain=journal.chain)
    return Decided(
        result=Changed(catalogue=catalogue, reason=reason, is_new=change == "added"),
        changes=Changes(records=(amendments,), events=tuple(journal.events)),
    )


def _check_version(amendments: Amendments, context: Context) -> None:
    present = built_in().version + amendments.version
    if context.expected_version not in (None, present):
        raise Stale(
            "stale_version",
            f"The catalogue is at version {present}, not {context.expected_version}.",
            subject=amendments.subject,
            expected=context.expected_version,
            actual=present,
        )

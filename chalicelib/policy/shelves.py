"""Finding the versions that count: built in or stored, compiled once a process.

A published version never changes, so it is remembered for good. What is on a shelf changes only for
a time to come (`NOTICE`), so a shelf may be remembered for `SHELF_S` without ever being wrong.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from chalicelib.core.clock import Clock, utc_now
from chalicelib.core.errors import FieldError, Invalid
from chalicelib.policy.catalogue import starters
from chalicelib.policy.document import VersionState
from chalicelib.policy.evaluation import Applicable, CompiledPolicy
from chalicelib.policy.versions import PolicyVersion, Shelf

SHELF_S = 30
NOTICE = timedelta(seconds=2 * SHELF_S)
"""How long before a version begins or ends it has to be said."""
VERSIONS_MAX = 500


class KnownPolicies:
    """What a process knows of policies; the two functions read what is stored."""

    def __init__(self) -> None:
        self._compiled: dict[str, CompiledPolicy] = {}
        self._shelves: dict[str, tuple[datetime, Shelf]] = {}

    def published(
        self, version_id: str, read: Callable[[str], PolicyVersion | None]
    ) -> CompiledPolicy | None:
        """The version of this id, if it is built in or was published."""
        known = self._compiled.get(version_id)
        if known is not None:
            return known
        # A merchant's own version comes before one that a later release brings under its name.
        stored = read(version_id)
        if stored is not None and stored.state is VersionState.PUBLISHED:
            document = stored.document
        elif version_id in starters():
            document = starters()[version_id]
        else:
            return None
        if len(self._compiled) >= VERSIONS_MAX:
            self._compiled.clear()
        self._compiled[version_id] = CompiledPolicy(document)
        return self._compiled[version_id]

    def shelf(self, policy: str, read: Callable[[str], Shelf], clock: Clock = utc_now) -> Shelf:
        """The versions of a policy as they stood at most SHELF_S ago."""
        now = clock()
        known = self._shelves.get(policy)
        if known is not None and timedelta(0) <= now - known[0] < timedelta(seconds=SHELF_S):
            return known[1]
        shelf = read(policy)
        if shelf.entries:  # The first version of a policy may begin at once.
            self._shelves[policy] = now, shelf
        return shelf


def unknown_version(version_id: str, *, pointer: str = "/policy_version") -> Invalid:
    """What who names a version is told that nobody published."""
    message = f"Policy version {version_id!r} is not published."
    fault = FieldError(pointer=pointer, code="unknown_policy_version", message=message)
    return Invalid("unknown_policy_version", message, errors=[fault])


def applicable(
    version_id: str,
    at: datetime,
    published: Callable[[str], CompiledPolicy | None],
    shelf: Callable[[str], Shelf],
) -> Applicable:
    """The version that was sold under, and a later one of the same policy that is in force now.

    What was sold under terms that had not begun yet has no claim to those that they replace.
    """
    own = published(version_id)
    if own is None:
        raise unknown_version(version_id)
    versions = shelf(own.document.policy)
    newest = versions.in_force(at)
    is_later = newest is not None and _begins(versions, newest) > _begins(versions, version_id)
    return Applicable(own=own, later=published(newest) if newest and is_later else None)


def _begins(versions: Shelf, version_id: str) -> datetime:
    """When a version came into force; what stands on no shelf was there before all that do."""
    entry = versions.entry(version_id)
    return entry.begins if entry is not None else datetime.min.replace(tzinfo=UTC)

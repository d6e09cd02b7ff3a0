"""Counting by scan: a session is open for SKUs of a warehouse, scans add up, its end posts.

Goods move while people count. So each SKU is compared with what the books say when it is counted
(at its last scan), and what moves afterwards is left as it is: the difference is posted, no balance
is overwritten. Where the books moved between the first and the last scan of a SKU nobody can say
what was counted before and what after: it is counted again, or its count is accepted as it is.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from chalicelib.core.commands import Changes, Decided, Record
from chalicelib.core.errors import Conflict, Invalid, NotFound
from chalicelib.core.events import Context
from chalicelib.core.ids import derived_id
from chalicelib.inventory.checks import require_seen
from chalicelib.inventory.counting import CountedItem, Difference, booked_count, difference_of
from chalicelib.inventory.model import Account, Balance, MovementKind, Transfer, entries_for
from chalicelib.inventory.posting import guarded

SKUS_MAX = 500
LINES_MAX = 500
OPEN_MAX = 50


class SessionState(StrEnum):
    OPEN = "open"
    CLOSED = "closed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class CountLine:
    """One SKU and lot: how many were scanned, and what the books said meanwhile."""

    sku: str
    lot: str | None
    counted: int
    booked_first: int
    booked: int
    counted_at: datetime
    serials: tuple[str, ...] = ()

    @property
    def has_moved(self) -> bool:
        return self.booked != self.booked_first


@dataclass(frozen=True, slots=True, kw_only=True)
class CountSession:
    """An open count. No `skus`: whatever is scanned that no other session counts.

    `not_here`: what other sessions counted meanwhile. They may end first, and a scan of theirs that
    comes late must not begin a count here.
    """

    session_id: str
    warehouse: str
    skus: tuple[str, ...]
    zone: str | None
    is_blind: bool
    state: SessionState
    opened_at: datetime
    opened_by: str
    lines: tuple[CountLine, ...] = ()
    counted_again: tuple[str, ...] = ()
    begun_again: dict[str, datetime] = field(default_factory=dict)
    not_here: tuple[str, ...] = ()
    ended_at: datetime | None = None
    ended_by: str | None = None
    count_id: str | None = None
    version: int = 1

    @property
    def subject(self) -> str:
        return f"countsession/{self.session_id}"

    def counts_since(self, sku: str) -> datetime:
        """From when on scans of a SKU count; those of before are of another count."""
        return self.begun_again.get(sku, self.opened_at)

    @property
    def uncounted(self) -> tuple[str, ...]:
        """SKUs that were to be counted and of which nothing was scanned."""
        seen = {line.sku for line in self.lines}
        return tuple(sku for sku in self.skus if sku not in seen)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenCounts:
    """Which sessions are open in a warehouse, with their SKUs; no SKU is counted in two."""

    warehouse: str
    sessions: tuple[tuple[str, tuple[str, ...]], ...] = ()
    version: int = 0

    def session_of(self, sku: str) -> str | None:
        """The session that names the SKU, else the one that takes everything."""
        named = (session_id for session_id, skus in self.sessions if sku in skus)
        rest = (session_id for session_id, skus in self.sessions if not skus)
        return next(named, None) or next(rest, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenCount:
    """`is_blind`: what the books say is shown to nobody until the session is closed."""

    warehouse: str
    skus: tuple[str, ...] = ()
    zone: str | None = None
    is_blind: bool = True


class SessionReader(Protocol):
    def count_session(self, session_id: str) -> CountSession | None: ...

    def open_counts(self, warehouse: str) -> OpenCounts: ...

    def balances(self, warehouse: str, skus: Sequence[str]) -> list[Balance]: ...


def open_count(reads: SessionReader, command: OpenCount, context: Context) -> Decided[CountSession]:
    """Open a session. Raises Conflict where one of its SKUs is being counted already."""
    session_id = derived_id("cns", context.command_id)
    done = reads.count_session(session_id)
    if done is not None:
        return Decided(result=done)
    if len(command.skus) > SKUS_MAX:
        raise Invalid("too_many_items", f"A session counts at most {SKUS_MAX} SKUs.")
    skus = tuple(dict.fromkeys(command.skus))
    counts = reads.open_counts(command.warehouse)
    rest = _of_the_rest(reads, counts)
    begun = {line.sku for line in rest.lines} if rest is not None else set()
    for other, counted in counts.sessions:
        twice = sorted(set(counted or begun) & set(skus))
        if twice or (not counted and not skus):
            raise Conflict(
                "already_counted",
                f"Session {other} counts these goods of {command.warehouse}.",
                session_id=other,
                skus=twice,
            )
    if len(counts.sessions) >= OPEN_MAX:
        raise Conflict("too_many_counts", f"{OPEN_MAX} sessions are open in {command.warehouse}.")
    session = CountSession(
        session_id=session_id,
        warehouse=command.warehouse,
        skus=skus,
        zone=command.zone,
        is_blind=command.is_blind,
        state=SessionState.OPEN,
        opened_at=context.now,
        opened_by=context.actor.id,
        not_here=()
        if skus
        else tuple(sorted({sku for _, named in counts.sessions for sku in named})),
    )
    changed: tuple[Record, ...] = (session,)
    if rest is not None:
        # Written, so that a scan which began to count them there meanwhile is decided anew.
        left = tuple(dict.fromkeys((*rest.not_here, *skus)))
        changed += (replace(rest, not_here=left, version=rest.version + 1),)
    counts = replace(
        counts,
        sessions=(*counts.sessions, (session_id, skus)),
        version=counts.version + 1,
    )
    return Decided(result=session, changes=Changes(records=(*changed, counts)))


def _of_the_rest(reads: SessionReader, counts: OpenCounts) -> CountSession | None:
    """The open session that takes whatever no other one counts."""
    found = next((session_id for session_id, named in counts.sessions if not named), None)
    return reads.count_session(found) if found is not None else None


def count_again(
    reads: SessionReader, session_id: str, skus: Sequence[str], context: Context
) -> Decided[CountSession]:
    """Forget what was scanned of these SKUs: they are counted once more, from nothing."""
    session = _open(reads, session_id, context)
    known = {line.sku for line in session.lines}
    unknown = sorted(set(skus) - known)
    if unknown or not skus:
        raise Invalid("not_counted", "Only what was scanned is counted again.", skus=unknown)
    session = replace(
        session,
        lines=tuple(line for line in session.lines if line.sku not in skus),
        counted_again=tuple(dict.fromkeys((*session.counted_again, *skus))),
        begun_again={**session.begun_again, **dict.fromkeys(skus, context.now)},
        version=session.version + 1,
    )
    return Decided(result=session, changes=Changes(records=(session,)))


def cancel(reads: SessionReader, session_id: str, context: Context) -> Decided[CountSession]:
    """End a session without posting anything."""
    session = _open(reads, session_id, context)
    session, counts = _ended(reads, session, SessionState.CANCELLED, context)
    return Decided(result=session, changes=Changes(records=(session, counts)))


def close(
    reads: SessionReader, session_id: str, context: Context, *, accept_moved: bool = False
) -> Decided[CountSession]:
    """Post what differs, with its value.

    Raises Conflict where a SKU moved while it was counted, or would be in the books twice.
    """
    session = reads.count_session(session_id)
    count_id = derived_id("cnt", session_id)
    if session is not None and session.count_id is not None:
        return Decided(result=session)
    session = _open(reads, session_id, context)
    moved = sorted({line.sku for line in session.lines if line.has_moved})
    if moved and not accept_moved:
        raise Conflict(
            "moved_while_counted",
            "Goods of these SKUs were moved between their first and last scan: count them again.",
            skus=moved,
        )
    balances = reads.balances(session.warehouse, sorted({line.sku for line in session.lines}))
    held = {(one.sku, one.lot): one for one in balances if one.account is Account.AVAILABLE}
    _require_lots(session, held.values())
    differences: list[Difference] = []
    transfers: list[Transfer] = []
    for line in session.lines:
        item = CountedItem(sku=line.sku, lot=line.lot, quantity=line.counted)
        difference, moves = difference_of(
            session.warehouse, item, line.booked, held.get((line.sku, line.lot))
        )
        differences.append(difference)
        transfers += moves
    session, counts = _ended(reads, session, SessionState.CLOSED, context)
    session = replace(session, count_id=count_id)
    booked = booked_count(
        count_id,
        warehouse=session.warehouse,
        kind=MovementKind.COUNT,
        counted_at=max((line.counted_at for line in session.lines), default=context.now),
        differences=differences,
        entries=guarded(entries_for(transfers), balances),
        context=context,
    )
    changes = Changes(records=(session, counts)) + booked.changes
    return Decided(result=session, changes=changes)


def _require_lots(session: CountSession, held: Iterable[Balance]) -> None:
    """Goods that were found without their lot may be those of a lot of which none was found."""
    scanned = {(line.sku, line.lot) for line in session.lines}
    found = {line.sku for line in session.lines if line.lot is None and line.counted > line.booked}
    left = {
        one.sku: one.lot
        for one in held
        if one.quantity > 0 and one.lot is not None and (one.sku, one.lot) not in scanned
    }
    twice = sorted(found & set(left))
    if twice:
        raise Conflict(
            "lots_not_read",
            "More of these SKUs were found without a lot, and of their lots nothing: count them"
            " again, and scan the lots.",
            skus=twice,
        )


def _open(reads: SessionReader, session_id: str, context: Context) -> CountSession:
    session = reads.count_session(session_id)
    if session is None:
        raise NotFound("count_session_not_found", f"There is no count session {session_id}.")
    require_seen(session, context)
    if session.state is not SessionState.OPEN:
        raise Conflict("count_session_ended", "This count has ended.")
    return session


def _ended(
    reads: SessionReader, session: CountSession, state: SessionState, context: Context
) -> tuple[CountSession, OpenCounts]:
    counts = reads.open_counts(session.warehouse)
    counts = replace(
        counts,
        sessions=tuple(one for one in counts.sessions if one[0] != session.session_id),
        version=counts.version + 1,
    )
    session = replace(
        session,
        state=state,
        ended_at=context.now,
        ended_by=context.actor.id,
        version=session.version + 1,
    )
    return session, counts

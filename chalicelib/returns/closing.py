"""A return closes by itself, in the write that finishes its last open point; or when told to.

News about a completed return (goods that turn up after all) opens it again: what a person has to
look at must not hide behind a final status.
"""

from dataclasses import replace

from chalicelib.core.commands import Changes, Decided
from chalicelib.core.errors import Conflict
from chalicelib.core.events import Context, Journal
from chalicelib.returns.facts import header
from chalicelib.returns.loading import found
from chalicelib.returns.model import Closure, Return
from chalicelib.returns.ports import ReturnReader
from chalicelib.returns.standing import is_complete, open_points, status_of


def closed_if_complete(ret: Return, journal: Journal) -> Return:
    """The return, completed where nothing is open any more, with the chain of the journal."""
    if ret.closure is not Closure.COMPLETED and is_complete(ret):
        ret = replace(ret, closure=Closure.COMPLETED, deadline=None)
        journal.record("return.completed", header(ret))
    return replace(ret, chain=journal.chain)


def reopened_by_news(ret: Return, journal: Journal, reason: str) -> Return:
    """The return, open again where it was completed and something is open now."""
    if is_complete(ret):
        return replace(ret, chain=journal.chain)
    return reopened(ret, journal, reason, by_rule=True)


def reopened(ret: Return, journal: Journal, reason: str, *, by_rule: bool) -> Return:
    """The return, open again where it was completed, with the chain of the journal."""
    if ret.closure is Closure.COMPLETED:
        ret = replace(ret, closure=Closure.REOPENED)
        journal.record("return.reopened", {**header(ret), "reason": reason, "by_rule": by_rule})
    return replace(ret, chain=journal.chain)


def close(reads: ReturnReader, return_id: str, context: Context) -> Decided[Return]:
    """Close a return that has nothing open; raises Conflict `not_complete` with what is."""
    ret = found(reads.return_(return_id), return_id, context)
    if ret.closure is Closure.COMPLETED:
        return Decided(result=ret)
    points = open_points(ret)
    if points:
        raise Conflict(
            "not_complete",
            "Something is still open: " + ", ".join(sorted({point.code for point in points})) + ".",
            status=status_of(ret).value,
            open_points=[
                {"code": point.code, "line_no": point.line_no, "quantity": point.quantity}
                for point in points
            ],
        )
    journal = Journal(ret.subject, ret.chain, context)
    ret = replace(ret, version=ret.version + 1, updated_at=context.now)
    ret = closed_if_complete(ret, journal)
    return Decided(result=ret, changes=Changes(records=(ret,), events=tuple(journal.events)))

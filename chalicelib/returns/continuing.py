"""A command that has more to say of a return than the use case it is made of: still one write."""

from dataclasses import replace

from chalicelib.core.commands import Changes, Record
from chalicelib.core.events import Journal
from chalicelib.returns.model import Return


def continued(changes: Changes, ret: Return, journal: Journal, *more: Record) -> Changes:
    """The same write with `ret` in place of its earlier image, and what the journal tells.

    The version stays: to everybody else both are one change.
    """
    assert any(_is_same(record, ret) for record in changes.records), "it is written already"
    ret = replace(ret, chain=journal.chain)
    kept = [record for record in changes.records if not _is_same(record, ret)]
    return Changes(records=(ret, *kept, *more), events=(*changes.events, *journal.events))


def _is_same(record: Record, ret: Return) -> bool:
    return isinstance(record, Return) and record.return_id == ret.return_id

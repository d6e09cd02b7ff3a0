"""A return closes by itself, in the write that finishes its last open point."""

from dataclasses import replace

from chalicelib.core.events import Journal
from chalicelib.returns.facts import header
from chalicelib.returns.lifecycle import is_complete
from chalicelib.returns.model import Closure, Return


def closed_if_complete(ret: Return, journal: Journal) -> Return:
    """The return, completed where nothing is open any more, with the chain of the journal."""
    if ret.closure is Closure.OPEN and is_complete(ret):
        ret = replace(ret, closure=Closure.COMPLETED)
        journal.record("return.completed", header(ret))
    return replace(ret, chain=journal.chain)

"""Credit notes by number, a page at a time: read in core, where they stand beside their counter.

So the list is never behind: a number that was given is in it.
"""

from chalicelib.invoicing.model import NumberedNote
from chalicelib.store import money_keys
from chalicelib.store.pages import Ask, Page, Place, page_of
from chalicelib.store.table import Table

_PREFIX = "NUMBER#"


class NoteLists:
    """Cursors are opaque; one of another series or year raises Invalid `bad_cursor`."""

    def __init__(self, core: Table) -> None:
        self._core = core

    def numbered(
        self, series: str, year: int, *, first: int, limit: int, cursor: str | None
    ) -> Page[NumberedNote]:
        """In order of the numbers, from `first` on."""
        ask = Ask(
            money_keys.number_series(series, year).pk,
            NumberedNote,
            said=str(first),
            prefix=_PREFIX,
            newest_first=False,
        )
        if cursor is None and first > 1:
            before = money_keys.numbered_note(series, year, first - 1).sk
            cursor = ask.cursor_at(Place("", before))
        return page_of(self._core, ask, limit, cursor)

"""Dispositions that are taken back."""

from typing import Annotated

from pydantic import Field

from chalicelib.api.schemas.shipping import NamedQuantityBody
from chalicelib.contracts.fields import Id, Note, Strict, Word
from chalicelib.returns.reversing import Reverse


class ReverseBody(Strict):
    """Why, and of which: of one disposition (`disposition_id`), so many units of some lines, or all
    that can be taken back. `OTHER` needs a note.
    """

    reason: Word = Field(examples=["BY_MISTAKE"])
    disposition_id: Id | None = None
    lines: Annotated[tuple[NamedQuantityBody, ...], Field(min_length=1, max_length=100)] | None = (
        None
    )
    note: Note | None = None

    def to_domain(self) -> Reverse:
        lines = self.lines
        return Reverse(
            reason=self.reason,
            disposition_id=self.disposition_id,
            lines=tuple(line.to_domain() for line in lines) if lines is not None else None,
            note=self.note,
        )

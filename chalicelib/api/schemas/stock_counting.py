"""Counting by scan: sessions."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from chalicelib.contracts.fields import Code, Id, Label, MomentOut, Strict, View
from chalicelib.inventory.count_sessions import (
    SKUS_MAX,
    CountSession,
    OpenCount,
    SessionState,
)

Skus = Annotated[tuple[Code, ...], Field(max_length=SKUS_MAX)]


class CountSessionBody(Strict):
    """What is counted: these SKUs of a warehouse, or, without any, whatever is scanned.

    `blind`: what the books say is shown to nobody until the session is closed.
    """

    warehouse: Id
    skus: Skus = ()
    zone: Label | None = None
    blind: bool = True

    def to_domain(self) -> OpenCount:
        return OpenCount(
            warehouse=self.warehouse, skus=self.skus, zone=self.zone, is_blind=self.blind
        )


class CountStepBody(Strict):
    """`close` posts what differs, `recount` begins again for some SKUs, `cancel` posts nothing.

    `accept_moved`: close though goods moved between their scans.
    """

    action: Literal["close", "recount", "cancel"]
    skus: Skus = ()
    accept_moved: bool = False

    @model_validator(mode="after")
    def _says_what_to_count_again(self) -> Self:
        if (self.action == "recount") != bool(self.skus):
            raise PydanticCustomError("recount_skus", "A recount, and nothing else, names SKUs")
        return self


class CountLineView(View):
    """`booked`: by the books when it was counted; null while the count is blind.

    `moved`: the books moved between its scans.
    """

    sku: str
    lot: str | None
    counted: int
    booked: int | None
    moved: bool
    counted_at: MomentOut


class CountSessionView(View):
    """`uncounted`: SKUs that were to be counted and of which nothing was scanned."""

    session_id: str
    warehouse: str
    skus: tuple[str, ...]
    zone: str | None
    blind: bool
    state: SessionState
    opened_at: MomentOut
    opened_by: str
    lines: tuple[CountLineView, ...]
    uncounted: tuple[str, ...]
    counted_again: tuple[str, ...]
    ended_at: MomentOut | None
    ended_by: str | None
    count_id: str | None
    version: int

    @classmethod
    def of(cls, session: CountSession) -> Self:
        is_hidden = session.is_blind and session.state is SessionState.OPEN
        return cls(
            session_id=session.session_id,
            warehouse=session.warehouse,
            skus=session.skus,
            zone=session.zone,
            blind=session.is_blind,
            state=session.state,
            opened_at=session.opened_at,
            opened_by=session.opened_by,
            lines=tuple(
                CountLineView(
                    sku=line.sku,
                    lot=line.lot,
                    counted=line.counted,
                    booked=None if is_hidden else line.booked,
                    moved=line.has_moved,
                    counted_at=line.counted_at,
                )
                for line in session.lines
            ),
            uncounted=session.uncounted,
            counted_again=session.counted_again,
            ended_at=session.ended_at,
            ended_by=session.ended_by,
            count_id=session.count_id,
            version=session.version,
        )

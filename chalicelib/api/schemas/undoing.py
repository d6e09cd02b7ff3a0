"""Sending goods back, looking at them again, objecting to decisions, and opening what had ended."""

from typing import Annotated, Self

from pydantic import Field

from chalicelib.api.schemas.return_parts import AppealView
from chalicelib.api.schemas.returns import ReplacementPrices, prices_of
from chalicelib.api.schemas.shipping import CarrierName, Lines, NamedQuantityBody, TrackingNo
from chalicelib.contracts.fields import Id, Note, Price, Strict, Word
from chalicelib.exchanges.pricing import Stated
from chalicelib.returns.appealing import DecideAppeal, OpenAppeal
from chalicelib.returns.model import Appeal, AppealAgainst, Return
from chalicelib.returns.reinspecting import Reinspect
from chalicelib.returns.reopening import Reopen
from chalicelib.returns.selection import NamedQuantity
from chalicelib.returns.shipping_back import ShipBack


class ShipBackBody(Strict):
    """Units that go back to the customer unpaid, inspected or not, and how they travel."""

    lines: Annotated[tuple[NamedQuantityBody, ...], Field(min_length=1, max_length=100)]
    reason: Word
    note: Note | None = None
    carrier: CarrierName | None = None
    tracking_no: TrackingNo | None = None

    def to_domain(self) -> ShipBack:
        return ShipBack(
            lines=tuple(line.to_domain() for line in self.lines),
            reason=self.reason,
            note=self.note,
            carrier=self.carrier,
            tracking_no=self.tracking_no,
        )


class ReinspectBody(Strict):
    """Units that are to be inspected again; `lines` is left out for all that may be."""

    reason: Word
    lines: Lines = None
    note: Note | None = None

    def to_domain(self) -> Reinspect:
        return Reinspect(reason=self.reason, lines=_named(self.lines), note=self.note)


class AppealBody(Strict):
    """What is objected to, and why; `lines` (numbers) is left out for all that was decided so."""

    against: AppealAgainst
    grounds: Note
    lines: Annotated[tuple[Id, ...], Field(max_length=100)] = ()

    def to_domain(self) -> OpenAppeal:
        return OpenAppeal(against=self.against, grounds=self.grounds, line_nos=self.lines)


class DecideAppealBody(Strict):
    """Upheld or dismissed, with an answer; `award` is paid on top, for an amount too small.

    Of rejected units that are exchanged for other goods, `replacement_prices` and
    `even_replacements` say by line what these cost.
    """

    upheld: bool
    answer: Note
    award: Price | None = None
    replacement_prices: ReplacementPrices = Field(default_factory=dict)
    even_replacements: Annotated[tuple[Id, ...], Field(max_length=200)] = ()

    def to_domain(self) -> DecideAppeal:
        return DecideAppeal(
            is_upheld=self.upheld,
            answer=self.answer,
            award=self.award.to_domain() if self.award else None,
            stated=Stated(prices=prices_of(self.replacement_prices), even=self.even_replacements),
        )


class ReturnAppealView(AppealView):
    """An appeal, and the version that its return has now."""

    return_id: str
    version: int

    @classmethod
    def of_return(cls, ret: Return, appeal: Appeal) -> Self:
        shown = AppealView.of(appeal).model_dump()
        return cls(**shown, return_id=ret.return_id, version=ret.version)


class ReopenBody(Strict):
    """Why a return goes on; `lines`: which units of one that had not ended as a whole."""

    reason: Word
    lines: Lines = None
    note: Note | None = None

    def to_domain(self) -> Reopen:
        return Reopen(reason=self.reason, lines=_named(self.lines), note=self.note)


def _named(lines: Lines) -> tuple[NamedQuantity, ...] | None:
    return None if lines is None else tuple(line.to_domain() for line in lines)

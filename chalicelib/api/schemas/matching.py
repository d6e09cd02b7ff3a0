"""Finding the sale of a return without an order: what is proposed, and what a person says."""

from typing import Annotated, Self

from pydantic import Field

from chalicelib.contracts.fields import Id, MomentOut, Strict, View
from chalicelib.returns.matching import Proposal
from chalicelib.returns.sale_found import MatchedLine, MatchLines


class MatchedLineBody(Strict):
    """A line of the return, and the line of an order that its goods were sold on."""

    line_no: Id
    order_no: Id
    order_line_no: Id

    def to_domain(self) -> MatchedLine:
        return MatchedLine(
            line_no=self.line_no, order_no=self.order_no, order_line_no=self.order_line_no
        )


class MatchBody(Strict):
    """Every line that is not decided yet; all of one order."""

    lines: Annotated[tuple[MatchedLineBody, ...], Field(min_length=1, max_length=200)]

    def to_domain(self) -> MatchLines:
        return MatchLines(lines=tuple(line.to_domain() for line in self.lines))


class ProposalView(View):
    """A line of an order that `line_no` of the return may be about.

    `reasons` are what speaks for it: serials, some_serials, lot, customer, date. `score` only
    orders the proposals of one answer.
    """

    line_no: str
    order_no: str
    order_line_no: str
    sku: str
    returnable: int
    delivered_at: MomentOut | None
    window_ends: MomentOut | None
    score: int
    reasons: tuple[str, ...]

    @classmethod
    def of(cls, proposal: Proposal) -> Self:
        return cls(
            line_no=proposal.line_no,
            order_no=proposal.order_no,
            order_line_no=proposal.order_line_no,
            sku=proposal.sku,
            returnable=proposal.returnable,
            delivered_at=proposal.delivered_at,
            window_ends=proposal.window_ends,
            score=proposal.score,
            reasons=proposal.reasons,
        )


class ProposalsView(View):
    items: tuple[ProposalView, ...]

"""Proof of what was written off, proposals to do so, and what a second person says to them."""

from typing import Annotated, Self

from pydantic import BeforeValidator, Field

from chalicelib.api.schemas.common import PageQuery, word_of
from chalicelib.api.schemas.liability import Reference
from chalicelib.contracts.fields import Id, MomentOut, MoneyOut, Note, Strict, View
from chalicelib.core import runs
from chalicelib.returns.model import Disposition
from chalicelib.returns.scrap_proposals import (
    DecideScrap,
    ProposalState,
    ProposedUnits,
    ScrapProposal,
)
from chalicelib.returns.scrapping import Proof
from chalicelib.store.work_rows import ScrapRow


class ScrapProposalsQuery(PageQuery):
    """Which proposals: all filters must fit."""

    state: Annotated[ProposalState, BeforeValidator(word_of(ProposalState))] | None = None
    warehouse: Id | None = None


class ProofBody(Strict):
    """References to what shows that goods were written off.

    Of scrap: photos, the certificate of destruction, the person who saw it. Of a gift: photos, who
    got it and their receipt.
    """

    photos: Annotated[tuple[Id, ...], Field(max_length=20)] = ()
    certificate: Reference | None = None
    witness: Id | None = None
    recipient: Reference | None = None
    receipt: Reference | None = None

    def to_domain(self) -> Proof:
        return Proof(
            photos=self.photos,
            certificate=self.certificate,
            witness=self.witness,
            recipient=self.recipient,
            receipt=self.receipt,
        )


class ApproveScrapBody(Strict):
    """The second person agrees; `proof` is of all of it."""

    proof: ProofBody | None = None
    note: Note | None = None

    def to_domain(self) -> DecideScrap:
        proof = self.proof.to_domain() if self.proof is not None else None
        return DecideScrap(is_approved=True, note=self.note, proof=proof)


class DeclineScrapBody(Strict):
    """The second person does not agree, and says why."""

    note: Note

    def to_domain(self) -> DecideScrap:
        return DecideScrap(is_approved=False, note=self.note)


class ProofView(View):
    photos: tuple[str, ...]
    certificate: str | None
    witness: str | None
    recipient: str | None
    receipt: str | None

    @classmethod
    def of(cls, proof: Proof) -> Self:
        return cls(
            photos=proof.photos,
            certificate=proof.certificate,
            witness=proof.witness,
            recipient=proof.recipient,
            receipt=proof.receipt,
        )


class ProposedUnitsView(View):
    """Units of a line of the return, and what they are worth at cost (else: what was paid).

    `lost`: nobody has them; work did not bring them back.
    """

    line_no: str
    quantity: int
    units: str
    disposition: Disposition
    lost: bool
    worth: MoneyOut
    proof: ProofView | None

    @classmethod
    def of(cls, part: ProposedUnits) -> Self:
        return cls(
            line_no=part.line_no,
            quantity=runs.size(part.units),
            units=runs.as_text(part.units),
            disposition=part.disposition,
            lost=part.is_lost,
            worth=part.worth,
            proof=ProofView.of(part.proof) if part.proof is not None else None,
        )


class ScrapProposalView(View):
    """What one person wants written off, and what a second one said to it."""

    id: str
    state: ProposalState
    return_id: str
    warehouse: str
    lines: tuple[ProposedUnitsView, ...]
    worth: tuple[MoneyOut, ...]
    document: str | None
    proposed_at: MomentOut
    proposed_by: str
    decided_at: MomentOut | None
    decided_by: str | None
    note: str | None
    movement_id: str | None
    version: int

    @classmethod
    def of(cls, proposal: ScrapProposal) -> Self:
        return cls(
            id=proposal.proposal_id,
            state=proposal.state,
            return_id=proposal.return_id,
            warehouse=proposal.warehouse,
            lines=tuple(ProposedUnitsView.of(part) for part in proposal.parts),
            worth=proposal.worth,
            document=proposal.source,
            proposed_at=proposal.proposed_at,
            proposed_by=proposal.proposed_by,
            decided_at=proposal.decided_at,
            decided_by=proposal.decided_by,
            note=proposal.note,
            movement_id=proposal.movement_id,
            version=proposal.version,
        )


class ScrapProposalRowView(View):
    """A proposal in a list; its lines and what was said to it are shown with itself."""

    id: str
    state: ProposalState
    return_id: str
    warehouse: str
    quantity: int
    dispositions: tuple[Disposition, ...]
    worth: tuple[MoneyOut, ...]
    document: str | None
    proposed_at: MomentOut
    proposed_by: str
    decided_at: MomentOut | None
    decided_by: str | None
    version: int

    @classmethod
    def of(cls, row: ScrapRow) -> Self:
        return cls(
            id=row.proposal_id,
            state=row.state,
            return_id=row.return_id,
            warehouse=row.warehouse,
            quantity=row.quantity,
            dispositions=row.dispositions,
            worth=row.worth,
            document=row.document,
            proposed_at=row.proposed_at,
            proposed_by=row.proposed_by,
            decided_at=row.decided_at,
            decided_by=row.decided_by,
            version=row.version,
        )


class ScrapProposalsPage(View):
    items: tuple[ScrapProposalRowView, ...]
    next_cursor: str | None

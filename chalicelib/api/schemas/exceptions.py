"""Exceptions: goods, or news of goods, that fit no return line, and how they were resolved."""

from datetime import date
from typing import Annotated, Self

from pydantic import BeforeValidator, Field

from chalicelib.api.schemas.common import PageQuery, word_of
from chalicelib.api.schemas.shipping import CarrierName, TrackingNo
from chalicelib.contracts.fields import Code, Id, MomentOut, Note, Price, Quantity, Strict, View
from chalicelib.inventory.model import Account
from chalicelib.liability.model import Liable
from chalicelib.returns.exceptions import (
    ExceptionKind,
    ExceptionResolution,
    ExceptionState,
    Proposal,
    ResolutionKind,
    ReturnException,
)
from chalicelib.returns.reporting import ReportException
from chalicelib.returns.rulings import ClaimAgainst, Resolve
from chalicelib.store.views import ExceptionFilters

Evidence = Annotated[tuple[Id, ...], Field(max_length=20)]
"""References to photos or papers."""


class ExceptionsQuery(PageQuery):
    """Which exceptions: all filters must fit. Without `state`, open ones; of a return, all."""

    state: Annotated[ExceptionState, BeforeValidator(word_of(ExceptionState))] | None = None
    kind: Annotated[ExceptionKind, BeforeValidator(word_of(ExceptionKind))] | None = None
    warehouse: Id | None = None
    return_id: Id | None = None

    def to_filters(self, within: frozenset[str] | None) -> ExceptionFilters:
        state = self.state
        if state is None and self.return_id is None:
            state = ExceptionState.OPEN
        return ExceptionFilters(
            state=state,
            kind=self.kind,
            warehouse=self.warehouse,
            return_id=self.return_id,
            within=within,
        )


class ReportBody(Strict):
    """What a person saw of a return; no goods move by it. `line_no` says which line is meant."""

    kind: ExceptionKind
    quantity: Quantity
    line_no: Id | None = None
    sku: Code | None = None
    warehouse: Id | None = None
    note: Note | None = None
    photos: Evidence = ()

    def to_domain(self) -> ReportException:
        return ReportException(
            kind=self.kind,
            quantity=self.quantity,
            line_no=self.line_no,
            sku=self.sku,
            warehouse=self.warehouse,
            note=self.note,
            photos=self.photos,
        )


class ClaimAgainstBody(Strict):
    """Whom it is claimed from; `party` and `amount` as far as they are known."""

    against: Liable
    party: Id | None = None
    amount: Price | None = None
    evidence: Evidence = ()

    def to_domain(self) -> ClaimAgainst:
        return ClaimAgainst(
            against=self.against,
            party=self.party,
            amount=self.amount.to_domain() if self.amount else None,
            evidence=self.evidence,
        )


class ResolveBody(Strict):
    """What becomes of the units, all that are open or `quantity` of them.

    `line`: into the exception's return, or the one that `return` names by id or number.
    `ship_back`: with `carrier` and `tracking_no`. `claim`: with `claim`. `write_off`: with
    `accountable`, a person or party. `no_goods`: nothing of it is here.
    """

    resolution: ResolutionKind
    reason: Note
    quantity: Quantity | None = None
    accountable: Id | None = None
    return_ref: Id | None = Field(default=None, alias="return")
    line_no: Id | None = None
    carrier: CarrierName | None = None
    tracking_no: TrackingNo | None = None
    cannot_be_found: bool = False
    claim: ClaimAgainstBody | None = None

    def to_domain(self) -> Resolve:
        return Resolve(
            resolution=self.resolution,
            reason=self.reason,
            quantity=self.quantity,
            accountable=self.accountable,
            return_ref=self.return_ref,
            line_no=self.line_no,
            carrier=self.carrier,
            tracking_no=self.tracking_no,
            cannot_be_found=self.cannot_be_found,
            claim=self.claim.to_domain() if self.claim else None,
        )


class ExceptionResolutionView(View):
    """How some of the units were resolved, by whom and why; `account` is where the goods went."""

    resolution: ResolutionKind
    quantity: int
    reason: str | None
    accountable: str | None
    decided_by: str
    decided_at: MomentOut
    proposed_by: str | None
    return_id: str | None
    line_no: str | None
    claim_id: str | None
    movement_id: str | None
    account: Account | None
    carrier: str | None
    tracking_no: str | None

    @classmethod
    def of(cls, done: ExceptionResolution, *, with_words: bool) -> Self:
        return cls(
            resolution=done.resolution,
            quantity=done.quantity,
            reason=done.reason if with_words else None,
            accountable=done.accountable,
            decided_by=done.decided_by,
            decided_at=done.decided_at,
            proposed_by=done.proposed_by,
            return_id=done.return_id,
            line_no=done.line_no,
            claim_id=done.claim_id,
            movement_id=done.movement_id,
            account=done.account,
            carrier=done.carrier,
            tracking_no=done.tracking_no,
        )


class SecondPersonView(View):
    """A resolution above what was sold: it waits for a second person, who says the same."""

    resolution: ResolutionKind
    quantity: int
    return_id: str
    line_no: str | None
    proposed_by: str
    proposed_at: MomentOut
    reason: str | None

    @classmethod
    def of(cls, proposal: Proposal, *, with_words: bool) -> Self:
        return cls(
            resolution=proposal.resolution,
            quantity=proposal.quantity,
            return_id=proposal.return_id,
            line_no=proposal.line_no,
            proposed_by=proposal.proposed_by,
            proposed_at=proposal.proposed_at,
            reason=proposal.reason if with_words else None,
        )


class ExceptionView(View):
    """Goods, or news of goods, that fit no return line. `movement_id`: how goods came to lie in
    quarantine; without one none are here.

    `note` and each `reason` are shown when exceptions are read. Answers to commands are remembered:
    they leave out what people wrote.
    """

    id: str
    kind: ExceptionKind
    state: ExceptionState
    quantity: int
    open_quantity: int
    warehouse: str | None
    sku: str | None
    gtin: str | None
    lot: str | None
    serials: tuple[str, ...]
    expires_on: date | None
    return_id: str | None
    return_number: str | None
    line_no: str | None
    parcel: str | None
    customer_id: str | None
    scan_id: str | None
    movement_id: str | None
    note: str | None
    photos: tuple[str, ...]
    resolutions: tuple[ExceptionResolutionView, ...]
    proposal: SecondPersonView | None
    resolution: str | None
    opened_at: MomentOut
    resolved_at: MomentOut | None
    version: int

    @classmethod
    def of(cls, exception: ReturnException, *, with_words: bool = False) -> Self:
        return cls(
            id=exception.exception_id,
            kind=exception.kind,
            state=exception.state,
            quantity=exception.quantity,
            open_quantity=exception.open_quantity,
            warehouse=exception.warehouse,
            sku=exception.sku,
            gtin=exception.gtin,
            lot=exception.lot,
            serials=exception.serials,
            expires_on=exception.expires_on,
            return_id=exception.return_id,
            return_number=exception.return_number,
            line_no=exception.line_no,
            parcel=exception.parcel,
            customer_id=exception.customer_id,
            scan_id=exception.scan_id,
            movement_id=exception.movement_id,
            note=exception.note if with_words else None,
            photos=exception.photos,
            resolutions=tuple(
                ExceptionResolutionView.of(done, with_words=with_words)
                for done in exception.resolutions
            ),
            proposal=SecondPersonView.of(exception.proposal, with_words=with_words)
            if exception.proposal
            else None,
            resolution=exception.resolution,
            opened_at=exception.opened_at,
            resolved_at=exception.resolved_at,
            version=exception.version,
        )


class ExceptionsPage(View):
    items: tuple[ExceptionView, ...]
    next_cursor: str | None

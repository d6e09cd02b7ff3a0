"""Claims: what is wrong with goods that do not come back, and what became of it."""

from typing import Annotated, Self

from pydantic import Field

from chalicelib.api.schemas.orders import Serials
from chalicelib.api.schemas.returns import DocumentBody
from chalicelib.claims.deciding import ALLOWED, Deny
from chalicelib.claims.model import Claim, ClaimReason, ClaimState, Denial, Remedy
from chalicelib.claims.opening import OpenClaim
from chalicelib.contracts.fields import Code, Count, Id, MomentOut, Note, Quantity, Strict, View
from chalicelib.core import runs


class ClaimBody(Strict):
    """Units of one order line, what is wrong with them, and what is wanted. OTHER needs a note."""

    order_no: Id
    order_line_no: Id
    quantity: Quantity
    serials: Serials = ()
    reason: ClaimReason
    wanted: Remedy
    note: Note | None = None
    photos: Annotated[tuple[Code, ...], Field(max_length=20)] = ()
    documents: Annotated[tuple[DocumentBody, ...], Field(max_length=20)] = ()

    def to_domain(self) -> OpenClaim:
        return OpenClaim(
            order_no=self.order_no,
            order_line_no=self.order_line_no,
            quantity=self.quantity,
            serials=self.serials,
            reason=self.reason,
            wanted=self.wanted,
            note=self.note,
            photos=self.photos,
            documents=tuple(document.to_domain() for document in self.documents),
        )


class DenyBody(Strict):
    """Why not; `note` is the answer to the customer. OTHER needs one."""

    code: Denial
    note: Note | None = None

    def to_domain(self) -> Deny:
        return Deny(code=self.code, note=self.note)


class ResolveBody(Strict):
    """What the customer gets."""

    outcome: Remedy


class EvidenceView(View):
    kind: str
    ref: str


class ClaimView(View):
    """`units` are the ordinals of the order line, such as "1-3". `answer` is for the customer.

    `return_id` is the return that pays its units back, where money goes back for them.
    `allowed` are the commands it admits now. `note` and `answer` are shown when the claim is read.
    Answers to commands are remembered: they leave out what people wrote.
    """

    id: str
    order_no: str
    customer_id: str
    order_line_no: str
    sku: str
    name: str
    quantity: Count
    units: str
    reason: ClaimReason
    wanted: Remedy
    note: str | None
    photos: tuple[str, ...]
    documents: tuple[EvidenceView, ...]
    state: ClaimState
    outcome: Remedy | None
    denial: Denial | None
    answer: str | None
    return_id: str | None
    allowed: tuple[str, ...]
    version: int
    opened_at: MomentOut
    decided_at: MomentOut | None
    updated_at: MomentOut

    @classmethod
    def of(cls, claim: Claim, *, with_words: bool = False) -> Self:
        return cls(
            id=claim.claim_id,
            order_no=claim.order_no,
            customer_id=claim.customer_id,
            order_line_no=claim.order_line_no,
            sku=claim.sku,
            name=claim.name,
            quantity=claim.quantity,
            units=runs.as_text(claim.units),
            reason=claim.reason,
            wanted=claim.wanted,
            note=claim.note if with_words else None,
            photos=claim.photos,
            documents=tuple(EvidenceView(kind=d.kind, ref=d.ref) for d in claim.documents),
            state=claim.state,
            outcome=claim.outcome,
            denial=claim.denial,
            answer=claim.answer if with_words else None,
            return_id=claim.return_id,
            allowed=ALLOWED[claim.state],
            version=claim.version,
            opened_at=claim.opened_at,
            decided_at=claim.decided_at,
            updated_at=claim.updated_at,
        )


class ClaimsView(View):
    """The claims on an order, the oldest first."""

    items: tuple[ClaimView, ...]

"""Withdrawals: what a buyer states, how a person finds the sale, and what is shown of it."""

from typing import Annotated, Any, Self

from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from chalicelib.contracts.fields import Code, Id, Label, MomentOut, Note, Quantity, Strict, View
from chalicelib.withdrawals.declaring import LINES_MAX, Declare
from chalicelib.withdrawals.matching import JoinReturn, Match, MatchSale, NoSale
from chalicelib.withdrawals.model import (
    Declarant,
    Law,
    StatedLine,
    Unmatched,
    Withdrawal,
    WithdrawalState,
)

Email = Annotated[str, StringConstraints(pattern=r"^[^@\s]{1,64}@[^@\s]{1,190}$")]


class StatedLineBody(Strict):
    """Some units: of a line of the order, or of goods by their SKU."""

    order_line_no: Id | None = None
    sku: Code | None = None
    quantity: Quantity

    def to_domain(self) -> StatedLine:
        return StatedLine(order_line_no=self.order_line_no, sku=self.sku, quantity=self.quantity)


StatedLines = Annotated[tuple[StatedLineBody, ...], Field(max_length=LINES_MAX)]


class WithdrawalBody(Strict):
    """The first step. `order_no` is what the buyer calls the order; without `lines`, all of it."""

    name: Label
    order_no: Label | None = None
    lines: StatedLines = ()
    email: Email | None = None
    address: Note | None = None
    statement: Note | None = None
    customer_id: Id | None = None

    def to_domain(self) -> Declare:
        return Declare(
            name=self.name,
            order_stated=self.order_no,
            lines=tuple(line.to_domain() for line in self.lines),
            email=self.email,
            address=self.address,
            statement=self.statement,
            customer_id=self.customer_id,
        )


class MatchWithdrawalBody(Strict):
    """The sale that was found, the return that brings its goods already, or that there is none.

    Without `lines`, those that the buyer stated.
    """

    order_no: Id | None = None
    lines: StatedLines = ()
    return_id: Id | None = None
    no_sale: bool = False

    @model_validator(mode="after")
    def _names_one(self) -> Self:
        named = (self.order_no is not None, self.return_id is not None, self.no_sale)
        if sum(named) != 1 or (self.lines and self.order_no is None):
            raise PydanticCustomError(
                "one_outcome", "Give order_no (with its lines, if any), return_id or no_sale"
            )
        return self

    def to_domain(self) -> Match:
        if self.order_no is not None:
            lines = tuple(line.to_domain() for line in self.lines)
            return MatchSale(order_no=self.order_no, lines=lines)
        return JoinReturn(return_id=self.return_id) if self.return_id is not None else NoSale()


class StatedLineView(View):
    order_line_no: str | None
    sku: str | None
    quantity: int


class ReceiptView(View):
    """When the declaration was acknowledged; the digest of the text by language."""

    issued_at: MomentOut
    sha256: dict[str, str]


class WithdrawalView(View):
    """A declaration and what became of it.

    `lines` empty: the whole order. `unmatched` is why a person looks for the sale, `repeats` the
    first declaration about the same units. `refund_days_after_goods`: the money is due so many
    days after the goods are back.
    """

    id: str
    state: WithdrawalState
    law: Law | None
    customer_id: str | None
    lines: tuple[StatedLineView, ...]
    stated_at: MomentOut
    declared_at: MomentOut | None
    receipt: ReceiptView | None
    unmatched: Unmatched | None
    repeats: str | None
    order_no: str | None
    return_id: str | None
    include_shipping: bool
    refund_due_at: MomentOut | None
    refund_days_after_goods: int | None
    version: int

    @classmethod
    def of(cls, withdrawal: Withdrawal) -> Self:
        return cls(**_fields(withdrawal))


class DeclarantView(View):
    """Personal data, and the buyer's own words."""

    name: str
    order_no: str | None
    email: str | None
    address: str | None
    statement: str | None


class DeclaredWithdrawalView(WithdrawalView):
    """With who declared it; null once that was erased."""

    declarant: DeclarantView | None

    @classmethod
    def of_both(cls, withdrawal: Withdrawal, declarant: Declarant | None) -> Self:
        return cls(**_fields(withdrawal), declarant=_declarant(declarant))


class ReceiptTextView(View):
    """The acknowledgement to keep: its text in one language, and the digest of that text."""

    withdrawal_id: str
    issued_at: MomentOut
    language: str
    text: str
    sha256: str


def _fields(withdrawal: Withdrawal) -> dict[str, Any]:  # Any: checked by the view
    receipt = withdrawal.receipt
    return {
        "id": withdrawal.withdrawal_id,
        "state": withdrawal.state,
        "law": withdrawal.law,
        "customer_id": withdrawal.customer_id,
        "lines": tuple(
            StatedLineView(order_line_no=one.order_line_no, sku=one.sku, quantity=one.quantity)
            for one in withdrawal.lines
        ),
        "stated_at": withdrawal.stated_at,
        "declared_at": withdrawal.declared_at,
        "receipt": None
        if receipt is None
        else ReceiptView(issued_at=receipt.issued_at, sha256=receipt.sha256),
        "unmatched": withdrawal.unmatched,
        "repeats": withdrawal.repeats,
        "order_no": withdrawal.order_no,
        "return_id": withdrawal.return_id,
        "include_shipping": withdrawal.include_shipping,
        "refund_due_at": withdrawal.refund_due_at,
        "refund_days_after_goods": withdrawal.refund_days_after_goods,
        "version": withdrawal.version,
    }


def _declarant(declarant: Declarant | None) -> DeclarantView | None:
    if declarant is None:
        return None
    return DeclarantView(
        name=declarant.name,
        order_no=declarant.order_stated,
        email=declarant.email,
        address=declarant.address,
        statement=declarant.statement,
    )

"""What a request would bring, as it is quoted: verdict, refund and fees of each line."""

from typing import Self

from chalicelib.api.schemas.components import ComponentsView
from chalicelib.api.schemas.deductions import QuotedDeductionView
from chalicelib.api.schemas.fees import FeeView
from chalicelib.api.schemas.return_views import RuleView, rules_of
from chalicelib.contracts.fields import MoneyOut, View
from chalicelib.core import runs
from chalicelib.policy.discretion import discreet, discreet_review
from chalicelib.policy.document import RefundDue, Review
from chalicelib.returns.quote import Quote, QuotedLine


class QuotedLineView(View):
    """`units` are the ordinals of the order line that the request would take, such as "1-3,7".

    Goods on no line of the order, sent by error, have no `order_line_no` and are worth nothing.
    `amount` is what they cost, `refund` that without what promotions withhold and after the fees of
    the line; what is exchanged brings none. With `keep_item` nothing is sent back. `deductions` are
    what an inspection may take off: where there are any, the refund depends on it.
    """

    order_line_no: str | None
    sku: str
    quantity: int
    eligible: bool
    code: str
    returnable_quantity: int
    amount: MoneyOut
    withheld: MoneyOut
    fees: tuple[FeeView, ...]
    refund: MoneyOut
    depends_on_inspection: bool
    deductions: tuple[QuotedDeductionView, ...]
    refund_due: RefundDue
    keep_item: bool
    units: str
    trace: tuple[RuleView, ...]

    @classmethod
    def of(cls, line: QuotedLine, *, for_staff: bool = False) -> Self:
        told = line.decision if for_staff else discreet(line.decision)
        return cls(
            order_line_no=line.order_line_no,
            sku=line.sku,
            quantity=line.quantity,
            eligible=line.decision.eligible,
            code=told.code,
            returnable_quantity=line.returnable_quantity,
            amount=line.amount,
            withheld=line.amount - line.before_fees,
            fees=FeeView.of_all(line.fees),
            refund=line.refund,
            depends_on_inspection=bool(QuotedDeductionView.of_all(line)),
            deductions=QuotedDeductionView.of_all(line),
            refund_due=line.decision.refund_due,
            keep_item=line.decision.keep_item,
            units=runs.as_text(line.units),
            trace=rules_of(told),
        )


class QuoteView(View):
    """What submitting the same request would decide; nothing was written.

    `refund` is what is paid back if all of it is accepted: the total, without what is exchanged and
    without `fees`, which are those of the lines and those that are taken once; with shipping, and
    without what promotions withhold. `components` shows each; null where nothing is paid back.
    """

    eligible: bool
    lines: tuple[QuotedLineView, ...]
    total: MoneyOut
    fees: tuple[FeeView, ...]
    refund: MoneyOut
    components: ComponentsView | None
    policy_version: str
    review: Review

    @classmethod
    def of(cls, quote: Quote, *, for_staff: bool = False) -> Self:
        return cls(
            eligible=quote.eligible,
            lines=tuple(QuotedLineView.of(line, for_staff=for_staff) for line in quote.lines),
            total=quote.total,
            fees=FeeView.of_all(quote.fees),
            refund=quote.refund,
            components=_components(quote),
            policy_version=quote.decision.policy_version,
            review=quote.decision.review if for_staff else discreet_review(quote.decision.review),
        )


def _components(quote: Quote) -> ComponentsView | None:
    whole = quote.breakdown
    return ComponentsView.of(whole.with_fees(quote.fees) if whole is not None else None)

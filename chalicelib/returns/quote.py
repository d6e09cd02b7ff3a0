"""What a request would bring, as data: the units it would take, what goes back, and the verdict."""

from dataclasses import dataclass, replace

from chalicelib.core.money import Money
from chalicelib.core.runs import Runs
from chalicelib.orders.value import Paid
from chalicelib.policy.deductions import GradeDeduction, in_all
from chalicelib.policy.document import Review
from chalicelib.policy.fees import Fee
from chalicelib.policy.verdict import Decision, LineDecision
from chalicelib.settlement.components import Breakdown


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotedLine:
    """What one entry would bring: the units it would take, their value, and the verdict.

    `order_line_no` None: goods that are on no line of the order, worth nothing. `fees` are of this
    line alone; what is exchanged or repaired (`brings_goods`) is not paid back. `paid` is for all
    `sold` units of the order line.
    """

    order_line_no: str | None
    sku: str
    quantity: int
    returnable_quantity: int
    units: Runs
    amount: Money
    decision: LineDecision
    fees: tuple[Fee, ...] = ()
    brings_goods: bool = False
    withheld: Money | None = None
    paid: Paid | None = None
    sold: int = 0

    def deducted_at(self, rule: GradeDeduction) -> Money:
        """What such a rule takes off if all of it is graded so, and the customer is at fault."""
        if self.paid is None or self.brings_goods:
            return Money.zero(self.amount.currency)
        return min(in_all(rule, self.paid, self.sold, self.units), self.before_fees)

    @property
    def before_fees(self) -> Money:
        """Its value less what promotions withhold of it."""
        return self.amount if self.withheld is None else self.amount - self.withheld

    @property
    def refund(self) -> Money:
        """That after its own fees."""
        nothing = Money.zero(self.amount.currency)
        fees = Money.total((fee.amount for fee in self.fees), self.amount.currency)
        return nothing if self.brings_goods else self.before_fees - fees


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """The whole request, evaluated; nothing is written. `fees` are all, those of its lines too.

    `breakdown` is what goes back of each component; None: nothing of the order's goods does.
    """

    lines: tuple[QuotedLine, ...]
    total: Money
    decision: Decision
    fees: tuple[Fee, ...] = ()
    breakdown: Breakdown | None = None

    @property
    def refund(self) -> Money:
        """What is paid back if all of it is accepted."""
        of_whole = Money.total(
            (fee.amount for fee in self.fees if fee.line_no is None), self.total.currency
        )
        lines = Money.total((line.refund for line in self.lines), self.total.currency)
        if self.breakdown is None:
            return lines - of_whole
        beside = self.breakdown.shipping.total + self.breakdown.released_in_all
        return lines + beside - of_whole

    @property
    def eligible(self) -> bool:
        return self.decision.eligible


def by_person(quote: Quote, reason: str) -> Quote:
    """The quote where no rule may decide alone, with the reason why."""
    decision = quote.decision
    if decision.review is Review.AUTOMATIC:
        decision = replace(decision, review=Review.PERSON, reasons=())
    reasons = tuple(dict.fromkeys((*decision.reasons, reason)))
    return replace(quote, decision=replace(decision, reasons=reasons))

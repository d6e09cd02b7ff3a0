"""The money ledger against the model: every account of a return, its order and its customer.

What was posted follows from the events alone; what should be there follows from the parts of the
payouts as they stand now, whatever way they came.
"""

from collections import Counter
from collections.abc import Mapping

from chalicelib.credits.model import account_id_for
from chalicelib.settlement.ports import RefundState
from tests.simulation.decisions_of_money import CUSTOMER
from tests.simulation.judging import Disagreement, Ledger
from tests.simulation.model import Request, Sale, World
from tests.simulation.money import CREDIT, Payback
from tests.simulation.reality import Reality

Books = Counter[tuple[str, str | None]]
"""By account and, where several have one, payment: debits are positive."""
WITHOUT_DETAIL = ("credit_given", "store_credit")
"""Accounts that name a credit: the model does not know how it is called."""


def check_books(world: World, reality: Reality, ledger: Ledger, key: str) -> None:
    """Nothing is owed, under way or given up but what the model says, and all comes to nothing."""
    request, ret = world.requests[key], reality.return_(key)
    assert ret is not None, "compared before"
    names = {swap: reality.ids[swap] for swap in world.swaps_of(key)}
    _compare(ret.subject, ledger, _of_request(request, names))
    if request.order_no is not None:
        sale = world.sales[request.order_no]
        _compare(reality.order(request.order_no).subject, ledger, _of_disputes(sale))
        account_id = account_id_for(CUSTOMER.format(request.order_no), "EUR")
        _compare(f"credit/{account_id}", ledger, _of_credit(sale))


def check_bank(world: World, reality: Reality) -> None:
    """What really left for each payment is what the model says: nothing twice, nothing unknown."""
    left: Counter[str] = Counter()
    for key, outcome in reality.provider.refunds.items():
        if outcome.state is RefundState.SUCCEEDED and outcome.amount is not None:
            left[key.split(":")[1]] += outcome.amount.minor
    meant: Counter[str] = Counter()
    for sale in world.sales.values():
        for leg in (leg for payout in sale.payouts for leg in payout.legs if leg.truth == "paid"):
            meant[leg.payment_id] += leg.amount
    if left != meant:
        raise Disagreement(f"the bank: {left - meant} left too much, {meant - left} too little")


def _compare(subject: str, ledger: Ledger, meant: Books) -> None:
    told: Books = Counter()
    for (account, detail), minor in ledger.money[subject].items():
        told[account, None if account in WITHOUT_DETAIL else detail] += minor
    for place in {*told, *meant}:
        if told[place] != meant[place]:
            raise Disagreement(
                f"{subject}: the books of {place} is {told[place]}, not {meant[place]}"
            )
    if sum(told.values()):
        raise Disagreement(f"{subject}: the books is {sum(told.values())} apart")


def _of_request(request: Request, names: Mapping[str, str]) -> Books:
    """`names` are what exchanges are called, which stand in the place of payments."""
    books: Books = Counter()
    due = -sum(request.awards_due.values())
    books["returned", None] += request.exchanged
    books["exchanged", None] -= request.exchanged + sum(request.charged.values())
    for proof, amount in request.charged.items():
        books["charged", proof] += amount
    for payout in request.standing:
        books["returned", None] += sum(payout.amounts.values())
        books["returned", None] += sum(one.amount for one in payout.besides)
        books["fees", None] -= sum(payout.fees.values())
        due -= payout.short
        for leg in payout.legs:
            account, detail = _where(leg)
            books[account, names.get(detail or "", detail)] -= leg.amount
    books["customer_due", None] += due
    books["compensation", None] += sum(appeal.award for appeal in request.appeals.values())
    return books


def _where(leg: Payback) -> tuple[str, str | None]:
    """The account that a part of a payout is on."""
    if leg.state == "PAID":
        return ("credit_given", None) if leg.provider == CREDIT else ("refunded", leg.payment_id)
    if leg.state == "CANCELLED":
        return "write_off", None
    if "MANUAL" in (leg.state, leg.was) or leg.state == "UNKNOWN":
        return "under_way", leg.payment_id
    return "customer_due", None


def _of_disputes(sale: Sale) -> Books:
    """What the bank took, and whether it stays so."""
    books: Books = Counter()
    for payment in sale.payments:
        for quarrel in payment.quarrels.values():
            if quarrel.state != "WON":
                books["charged_back", payment.payment_id] -= quarrel.amount
            if quarrel.state == "OPEN":
                books["disputed", payment.payment_id] += quarrel.amount
            if quarrel.state == "LOST":
                books["write_off", None] += quarrel.amount
    return books


def _of_credit(sale: Sale) -> Books:
    """Of the customer: what returns gave, what was spent of it, and what is left."""
    left = sum(lot.left for lot in sale.lots)
    return Counter(
        {
            ("credit_given", None): left + sale.spent,
            ("credit_spent", None): -sale.spent,
            ("store_credit", None): -left,
        }
    )

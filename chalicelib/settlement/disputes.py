"""A buyer asks the bank for a payment's money back: the dispute on the order, legs that must wait.

Each function is one command and one transaction over the order and the returns that hold units of
it. While a dispute is open nothing is sent to its payment; once it is lost, the bank has given the
customer what we owe, as far as it goes. News that were told before change nothing, and who tells
only the end of a dispute tells its beginning with it.
"""

from chalicelib.core.commands import Decided
from chalicelib.core.events import Context, Journal
from chalicelib.core.money import Money
from chalicelib.orders.model import DisputeState, Order
from chalicelib.returns.model import Return
from chalicelib.settlement.dispute_case import DisputeReader, read_case
from chalicelib.settlement.disputed_legs import given_by_bank, held_back
from chalicelib.settlement.model import Settlement


def opened(
    reads: DisputeReader,
    order_no: str,
    payment_id: str,
    dispute_id: str,
    amount: Money,
    context: Context,
) -> Decided[Order]:
    """The bank took the money, or may: legs of this payment that were not sent are frozen."""
    case = read_case(reads, order_no, payment_id, dispute_id, amount, context)
    if case.dispute is not None:
        return Decided(result=case.order)
    case.begin()
    case.over_returns(
        lambda journal, ret, one: held_back(journal, ret, one, payment_id, dispute_id)
    )
    return case.decided(opens=(case.task(),))


def won(
    reads: DisputeReader,
    order_no: str,
    payment_id: str,
    dispute_id: str,
    amount: Money,
    context: Context,
) -> Decided[Order]:
    """The money stays ours: what was frozen is as it was before."""
    case = read_case(reads, order_no, payment_id, dispute_id, amount, context)
    if case.is_ended(DisputeState.WON):
        return Decided(result=case.order)
    case.end(DisputeState.WON)
    case.release()
    return case.decided()


def lost(
    reads: DisputeReader,
    order_no: str,
    payment_id: str,
    dispute_id: str,
    amount: Money,
    context: Context,
) -> Decided[Order]:
    """The bank gave the money to the customer: with it, as far as it goes, what we owe them."""
    case = read_case(reads, order_no, payment_id, dispute_id, amount, context)
    if case.is_ended(DisputeState.LOST):
        return Decided(result=case.order)
    case.end(DisputeState.LOST)
    left = amount

    def give(journal: Journal, ret: Return, settlement: Settlement) -> Settlement:
        nonlocal left
        settlement, given = given_by_bank(journal, ret, settlement, case.payment, dispute_id, left)
        left = left - given
        return settlement

    case.over_returns(give)
    case.gave(amount - left)
    case.release()
    return case.decided()

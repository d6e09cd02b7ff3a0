"""Returns that are given as store credit, through the use cases of the shop; and their ledger."""

from datetime import timedelta

from chalicelib.core.events import Event
from chalicelib.core.money import Money
from chalicelib.credits import changing, withdrawing
from chalicelib.credits.model import CreditAccount, CreditEntry
from chalicelib.ledger.balances import Balances, faults_of
from chalicelib.ledger.model import Account
from chalicelib.ledger.posting import postings_for
from chalicelib.orders.model import DeliveredItem, Payment
from chalicelib.returns.model import Resolution, Return
from chalicelib.settlement import starting
from chalicelib.settlement.model import Settlement
from tests.builders import Shop, delivery, eur, item, line, order, passed, payment, restock, wish

CREDIT, REFUND = Resolution.STORE_CREDIT, Resolution.REFUND


def accepted(
    shop: Shop, *wanted: Resolution, payments: tuple[Payment, ...] | None = None, no: str = "O-1"
) -> Return:
    """A return with one unit of 10.00 for each wish, received, found good and on the shelf again.

    Paid by one card, unless `payments` says otherwise.
    """
    numbers = [str(number) for number in range(1, len(wanted) + 1)]
    paid = payments or (payment("card", 10_00 * len(numbers)),)
    arrived = shop.now - timedelta(days=2)
    goods = [DeliveredItem(line_no=number, quantity=1) for number in numbers]
    shop.sells(
        order(
            *map(line, numbers),
            payments=paid,
            no=no,
            placed_at=arrived - timedelta(days=3),
            deliveries=(delivery(*goods, shipped_at=arrived, delivered_at=arrived),),
        )
    )
    wishes = [
        wish(line_no=number, resolution=one, reason="QUALITY_DEFECT")
        for number, one in zip(numbers, wanted, strict=True)
    ]
    ret = shop.approves(shop.asks(no, *wishes))
    shop.receives(ret, *(item(f"SKU-{number}") for number in numbers))
    shop.inspects(ret, *(passed(line_no=number) for number in numbers))
    return shop.disposes(ret, *(restock(line_no=number) for number in numbers))


def settled(
    shop: Shop, ret: Return, *, days: int | None = None, command: str | None = None
) -> Settlement:
    """The settlement that was started by one command."""
    after = shop.do(
        lambda reads, context: starting.start(reads, ret.return_id, context, credit_days=days),
        shop.context(command),
    )
    return after.settlements[-1]


def withdrawn(shop: Shop, settlement: Settlement, command: str | None = None) -> Return:
    return shop.do(
        lambda reads, context: withdrawing.withdraw_credit(
            reads, settlement.settlement_id, context
        ),
        shop.context(command),
    )


def spent(shop: Shop, minor: int, order_no: str = "O-9") -> CreditEntry:
    told = changing.Spend(customer_id="cus-1", amount=eur(minor), order_no=order_no)
    return shop.do(lambda reads, context: changing.spend(reads, told, context))


def account(shop: Shop) -> CreditAccount:
    """The customer's only account."""
    (found,) = shop.store.reads().credit_accounts("cus-1")
    return found


def balance(shop: Shop) -> Money:
    return account(shop).balance(shop.now)


def told(shop: Shop, ret: Return) -> list[str]:
    """The types of the events of a return."""
    return [event.type for event in shop.store.reads().events(ret.subject)]


def books(shop: Shop, *returns: Return) -> Balances:
    """The ledger of these returns and of the customer's credit together, without a fault in any."""
    subjects = [one.subject for one in returns]
    subjects += [one.subject for one in shop.store.reads().credit_accounts("cus-1")]
    events: list[Event] = []
    for subject in subjects:
        own = shop.store.reads().events(subject)
        assert faults_of(subject, postings_for(own)) == []
        events += own
    balances = Balances.of(postings_for(events), "EUR")
    assert balances.minor(Account.CREDIT_GIVEN) == 0, "what returns gave, the account got"
    return balances

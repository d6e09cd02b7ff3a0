"""By when the money of a withdrawal is due: counted from the declaration, or from the goods."""

from datetime import timedelta

from chalicelib.returns import receiving
from chalicelib.returns.model import Return
from chalicelib.withdrawals.matching import JoinReturn
from tests.builders import NOW, item, passed, wish
from tests.withdrawals.buyers import Counter, sale

WEEK, FORTNIGHT = timedelta(days=7), timedelta(days=14)


def receives(counter: Counter, ret: Return, quantity: int = 1) -> None:
    """Counted an hour before anybody told us."""
    command = receiving.Receive(
        warehouse="A",
        items=(item(quantity=quantity),),
        received_at=counter.shop.now - timedelta(hours=1),
    )
    counter.shop.do(
        lambda reads, context: receiving.receive(reads, ret.return_id, command, context)
    )


def test_the_chinese_clock_begins_when_the_first_goods_are_counted(counter: Counter) -> None:
    counter.shop.sells(sale(region="CN"))
    ret = counter.return_of(counter.takes())
    first = counter.shop.now - timedelta(hours=1)
    receives(counter, ret)

    due_at = counter.shop.now_is(ret).refund_due_at
    receives(counter, ret)

    assert ret.refund_due_at is None
    assert due_at == first + WEEK
    assert counter.shop.now_is(ret).refund_due_at == due_at


def test_the_european_clock_began_with_the_declaration_and_goods_do_not_move_it(
    counter: Counter,
) -> None:
    counter.shop.sells(sale())
    ret = counter.return_of(counter.takes())
    assert ret.withdrawal_declared_at is not None

    receives(counter, ret)
    counter.shop.inspects(ret, passed())

    assert counter.shop.now_is(ret).refund_due_at == ret.withdrawal_declared_at + FORTNIGHT


def test_where_no_law_is_known_the_terms_of_the_order_count_from_the_goods(
    counter: Counter,
) -> None:
    counter.shop.sells(sale(region="US"))
    ret = counter.return_of(counter.takes())
    received_at = counter.shop.now - timedelta(hours=1)
    counter.shop.approves(ret)

    receives(counter, ret)

    assert ret.refund_due_at is None
    due_at = counter.shop.now_is(ret).refund_due_at
    assert due_at is not None
    assert timedelta(0) <= due_at - (received_at + FORTNIGHT) < timedelta(minutes=1)


def test_goods_that_were_back_before_the_declaration_count_from_it(counter: Counter) -> None:
    counter.shop.sells(sale(region="CN"))
    under_way = counter.shop.approves(counter.shop.asks("O-1", wish(3)))
    counter.shop.receives(under_way, item(quantity=3))
    before = counter.takes()

    done = counter.matches(before, JoinReturn(return_id=under_way.return_id))

    assert done.declared_at is not None
    assert counter.shop.now_is(under_way).refund_due_at == done.declared_at + WEEK
    assert done.declared_at > NOW

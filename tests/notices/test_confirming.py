"""What a partner tells of goods: booked once, compared with what was announced."""

from datetime import timedelta

import pytest

from chalicelib.core.clock import rfc3339
from chalicelib.core.errors import Conflict, Invalid, NotFound
from chalicelib.inventory.model import Account
from chalicelib.notices.confirming import Confirm, confirm
from chalicelib.notices.model import AdvanceNotice, ConfirmationKind, NoticeState
from chalicelib.notices.preparing import prepare_for_pallet
from chalicelib.returns.exceptions import ExceptionKind
from chalicelib.returns.model import Return
from chalicelib.returns.parcels import stack
from chalicelib.returns.units import quantities
from tests.builders import Shop, item, line, order, wish
from tests.notices.stories import (
    answered,
    boxed,
    came,
    cancels,
    coming,
    confirmed,
    now,
    prepares,
)
from tests.notices.stories import with_partner as partnered
from tests.shipping.stories import sends


def announced(shop: Shop, quantity: int = 2) -> tuple[Return, AdvanceNotice]:
    partnered(shop)
    ret = coming(shop, quantity)
    notice = prepares(shop, ret)
    assert notice is not None
    return ret, notice


def received(shop: Shop, ret: Return) -> int:
    return sum(quantities(one).received for one in shop.now_is(ret).lines)


def kinds(shop: Shop, ids: tuple[str, ...]) -> list[ExceptionKind]:
    found = [shop.store.reads().exception(one) for one in ids]
    return [one.kind for one in found if one is not None]


def test_what_came_is_received_and_the_notice_is_confirmed(shop: Shop) -> None:
    ret, notice = announced(shop)

    done = confirmed(shop, notice, came(2))

    assert received(shop, ret) == 2
    (tally,) = done.tallies
    assert (tally.announced, tally.received, tally.short, tally.over) == (2, 2, 0, 0)
    assert (len(done.receipt_ids), done.exception_ids) == (1, ())
    assert now(shop, notice).state is NoticeState.CONFIRMED


def test_a_confirmation_is_booked_once_for_its_id(shop: Shop) -> None:
    ret, notice = announced(shop)
    first = confirmed(shop, notice, came(1), final=False)

    assert confirmed(shop, notice, came(1), final=False) == first
    assert received(shop, ret) == 1
    with pytest.raises(Conflict, match="confirmation_id_reused"):
        confirmed(shop, notice, came(2), final=False)


def test_parts_add_up(shop: Shop) -> None:
    ret, notice = announced(shop, 3)

    confirmed(shop, notice, came(1), key="c-1", final=False)
    last = confirmed(shop, notice, came(1, number=ret.number), key="c-2")

    assert [(one.received, one.short) for one in last.tallies] == [(2, 1)]
    assert received(shop, ret) == 2
    assert quantities(shop.now_is(ret).lines[0]).lost == 0


def test_more_than_announced_is_surplus_and_other_goods_are_the_wrong_ones(shop: Shop) -> None:
    _, notice = announced(shop)

    done = confirmed(shop, notice, came(3), came(1, sku="SKU-9"))

    assert sorted(kinds(shop, done.exception_ids)) == ["OVER", "WRONG_SKU"]
    assert [(one.sku, one.over) for one in done.tallies] == [("SKU-1", 1), ("SKU-9", 1)]


def test_damage_of_the_way_is_an_exception_for_the_carrier(shop: Shop) -> None:
    ret, notice = announced(shop)

    done = confirmed(shop, notice, came(2, damaged=1))

    assert kinds(shop, done.exception_ids) == [ExceptionKind.DAMAGED_TRANSIT]
    assert (done.tallies[0].damaged, shop.now_is(ret).open_exceptions) == (1, 1)
    assert received(shop, ret) == 2


def test_goods_of_another_return_are_booked_for_that_one(shop: Shop) -> None:
    _, notice = announced(shop)
    other = coming(shop, no="O-2")

    confirmed(shop, notice, came(2, number=other.number))

    assert received(shop, other) == 2


def test_goods_of_a_number_that_nobody_knows_are_unknown(shop: Shop) -> None:
    _, notice = announced(shop)

    done = confirmed(shop, notice, came(1, number="R26AAAAAAAA0"))

    assert kinds(shop, done.exception_ids) == [ExceptionKind.UNKNOWN]
    assert shop.on_hand("SKU-1", Account.QUARANTINE) == 1


def test_goods_of_a_return_that_was_called_off_are_kept_aside(shop: Shop) -> None:
    ret, notice = announced(shop)
    cancels(shop, ret)
    prepares(shop, ret)

    done = confirmed(shop, notice, came(1))

    assert kinds(shop, done.exception_ids) == [ExceptionKind.NOT_EXPECTED]
    assert now(shop, notice).state is NoticeState.CANCELLED


def test_accepting_it_books_nothing(shop: Shop) -> None:
    ret, notice = announced(shop)

    confirmed(shop, notice, kind=ConfirmationKind.ACCEPTED, final=False)

    after = now(shop, notice)
    assert (after.state, after.is_to_be_sent) == (NoticeState.ACKNOWLEDGED, False)
    assert received(shop, ret) == 0


def test_a_pallet_is_confirmed_without_reading_every_number(shop: Shop) -> None:
    partnered(shop)
    first, second = coming(shop), coming(shop, no="O-2")
    boxed(shop, "B-1", first)
    boxed(shop, "B-2", second)
    shop.do(lambda reads, context: stack(reads, "PAL", ("B-1", "B-2"), context, warehouse="A"))
    (whole,) = shop.do(lambda reads, context: prepare_for_pallet(reads, "PAL", context))

    done = confirmed(shop, whole, came(4))

    assert (received(shop, first), received(shop, second)) == (2, 2)
    assert len(done.receipt_ids) == 2
    with pytest.raises(Invalid, match="mixed_items"):
        confirmed(shop, whole, came(1, number=first.number), came(1), key="c-2")


def test_what_cannot_be_told_is_refused(shop: Shop) -> None:
    _, notice = announced(shop)

    with pytest.raises(NotFound, match="notice_not_found"):
        shop.do(
            lambda reads, context: confirm(
                reads,
                "asn_x",
                Confirm(confirmation_id="c", kind=ConfirmationKind.ACCEPTED),
                context,
            )
        )
    with pytest.raises(Invalid, match="nothing_told"):
        confirmed(shop, notice, final=False)
    with pytest.raises(Invalid, match="items_not_accepted"):
        confirmed(shop, notice, came(1), kind=ConfirmationKind.ACCEPTED, final=False)
    with pytest.raises(Invalid, match="bad_damaged"):
        confirmed(shop, notice, came(1, damaged=2))
    with pytest.raises(Invalid, match="bad_quantity"):
        confirmed(shop, notice, came(0))


def test_nothing_of_it_came(shop: Shop) -> None:
    ret, notice = announced(shop)
    shop.receives(ret, item(quantity=1))

    done = confirmed(shop, notice)

    assert [(one.received, one.short) for one in done.tallies] == [(0, 2)]
    assert now(shop, notice).state is NoticeState.CONFIRMED


def test_damage_is_claimed_for_as_many_units_as_were_damaged(shop: Shop) -> None:
    """Goods of several returns in one item: three damaged mugs are three, whoever's they are."""
    partnered(shop)
    first, second = coming(shop, 2), coming(shop, 2, no="O-2")
    boxed(shop, "B-1", first, second)
    shop.do(lambda reads, context: stack(reads, "PAL", ("B-1",), context, warehouse="A"))
    notice, *_ = shop.do(lambda reads, context: prepare_for_pallet(reads, "PAL", context))

    done = confirmed(shop, notice, came(4, damaged=3))

    found = [shop.store.reads().exception(one) for one in done.exception_ids]
    assert [one.kind for one in found if one] == [ExceptionKind.DAMAGED_TRANSIT] * 2
    assert sum(one.quantity for one in found if one) == 3
    assert {one.warehouse for one in found if one} == {"A"}
    assert [one.damaged for one in done.tallies if one.damaged] == [3]


def test_damage_of_goods_of_elsewhere_is_an_exception_where_they_are(shop: Shop) -> None:
    _, notice = announced(shop)
    shop.sells(order(line(quantity=1), no="O-9"))
    other = shop.approves(shop.asks("O-9", wish(1), warehouse="B"))

    done = confirmed(shop, notice, came(1, number=other.number, damaged=1))

    found = [shop.store.reads().exception(one) for one in done.exception_ids]
    assert [(one.kind, one.warehouse) for one in found if one] == [
        (ExceptionKind.DAMAGED_TRANSIT, "A")
    ]


@pytest.mark.parametrize(
    ("kind", "items"),
    [(ConfirmationKind.ACCEPTED, 0), (ConfirmationKind.RECEIVED, 1)],
)
def test_who_answers_to_an_older_revision_is_still_told_the_newer_one(
    shop: Shop, kind: ConfirmationKind, items: int
) -> None:
    ret, notice = announced(shop, 3)
    answered(shop, notice)
    sends(shop, ret)
    assert prepares(shop, ret) is not None

    confirmed(shop, notice, *[came(1)] * items, kind=kind, final=False)

    assert now(shop, notice).is_to_be_sent
    assert now(shop, notice).sent_revision == 1


def test_who_asked_for_it_by_itself_need_not_be_told(shop: Shop) -> None:
    _, notice = announced(shop)

    confirmed(shop, notice, kind=ConfirmationKind.ACCEPTED, final=False)

    assert not now(shop, notice).is_to_be_sent


def test_goods_were_not_received_in_the_future(shop: Shop) -> None:
    """Days by which money is due hang on it."""
    ret, notice = announced(shop)
    later = shop.now + timedelta(days=400)
    command = Confirm(
        confirmation_id="c-1",
        kind=ConfirmationKind.RECEIVED,
        items=(came(2),),
        received_at=later,
        is_final=True,
    )

    shop.do(lambda reads, context: confirm(reads, notice.notice_id, command, context))

    (event,) = [e for e in shop.store.reads().events(ret.subject) if e.type == "return.received"]
    assert event.data["received_at"] == rfc3339(shop.now)

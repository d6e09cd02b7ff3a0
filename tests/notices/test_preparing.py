"""Which notices a return asks for: made, said anew, called off by what the return is now."""

import json

import pytest

from chalicelib.core.errors import Invalid, Stale
from chalicelib.notices.model import NoticeState
from chalicelib.notices.partners import SetUp, set_up
from chalicelib.notices.preparing import prepare_for_pallet
from chalicelib.notices.sending import PartnerAnswer, is_given_up, message_id_of, message_of
from chalicelib.returns.parcels import stack
from tests.builders import Shop, item
from tests.notices.stories import (
    PARTNER,
    answered,
    boxed,
    cancels,
    coming,
    now,
    prepares,
    with_partner,
)
from tests.shipping.stories import loses, sends


def test_a_warehouse_that_is_ours_is_not_told(shop: Shop) -> None:
    ret = coming(shop)

    assert prepares(shop, ret) is None


def test_a_partner_that_is_off_is_not_told(shop: Shop) -> None:
    with_partner(shop, command=SetUp(endpoint=PARTNER.endpoint, secret="wms", is_on=False))

    assert prepares(shop, coming(shop)) is None


def test_the_notice_says_what_comes_and_of_nobody(shop: Shop) -> None:
    with_partner(shop)
    ret = coming(shop)

    notice = prepares(shop, ret)

    assert notice is not None
    (told,) = notice.returns
    assert (told.return_number, [(one.sku, one.quantity) for one in told.lines]) == (
        ret.number,
        [("SKU-1", 2)],
    )
    assert (notice.state, notice.revision, notice.is_to_be_sent) == (NoticeState.PREPARED, 1, True)
    assert "cus-1" not in json.dumps(message_of(notice))


def test_asked_again_it_is_the_same_and_a_receipt_is_no_news(shop: Shop) -> None:
    with_partner(shop)
    ret = coming(shop)
    first = prepares(shop, ret)

    shop.receives(ret, item(quantity=1))

    assert prepares(shop, ret) == first


def test_a_parcel_makes_another_revision_under_the_same_id(shop: Shop) -> None:
    with_partner(shop)
    ret = coming(shop)
    first = prepares(shop, ret)
    assert first is not None
    answered(shop, first)

    sends(shop, ret)
    second = prepares(shop, ret)

    assert second is not None
    assert (second.notice_id, second.revision) == (first.notice_id, 2)
    assert (second.state, second.is_to_be_sent) == (NoticeState.PREPARED, True)
    assert [one.tracking_no for one in second.parcels] == ["JD014600003"]
    assert message_id_of(first) != message_id_of(second)


def test_what_is_lost_is_not_announced_any_more(shop: Shop) -> None:
    with_partner(shop)
    ret = coming(shop, 3)
    prepares(shop, ret)

    loses(shop, ret, 1)
    notice = prepares(shop, ret)

    assert notice is not None
    assert notice.units == 2


def test_a_cancelled_return_calls_its_notice_off(shop: Shop) -> None:
    with_partner(shop)
    ret = coming(shop)
    first = prepares(shop, ret)
    assert first is not None
    answered(shop, first)

    cancels(shop, ret)
    after = prepares(shop, ret)

    assert after is not None
    assert (after.state, after.is_to_be_sent, after.units) == (NoticeState.CANCELLED, True, 2)
    assert message_of(after)["type"] == "notice.cancelled"


def test_who_never_heard_of_it_is_not_told_that_it_is_over(shop: Shop) -> None:
    with_partner(shop)
    ret = coming(shop)
    prepares(shop, ret)

    cancels(shop, ret)
    after = prepares(shop, ret)

    assert after is not None
    assert (after.state, after.is_to_be_sent) == (NoticeState.CANCELLED, False)


def test_a_pallet_is_announced_in_place_of_its_returns(shop: Shop) -> None:
    with_partner(shop)
    first, second = coming(shop), coming(shop, no="O-2")
    single = prepares(shop, first)
    assert single is not None
    boxed(shop, "B-1", first)
    boxed(shop, "B-2", second)
    shop.do(
        lambda reads, context: stack(reads, "PAL", ("B-1", "B-2"), context, warehouse="A"),
    )

    whole, *others = shop.do(lambda reads, context: prepare_for_pallet(reads, "PAL", context))

    assert (whole.pallet_no, whole.units) == ("PAL", 4)
    assert [ret.return_number for ret in whole.returns] == [first.number, second.number]
    assert [one.notice_id for one in others] == [single.notice_id]
    assert now(shop, single).state is NoticeState.CANCELLED
    assert prepares(shop, first) == whole
    assert now(shop, single).state is NoticeState.CANCELLED


# --- telling it ----------------------------------------------------------------------------------


def test_what_was_taken_is_sent_and_not_sent_again(shop: Shop) -> None:
    with_partner(shop)
    notice = prepares(shop, coming(shop))
    assert notice is not None

    sent = answered(shop, notice)

    assert (sent.state, sent.is_to_be_sent) == (NoticeState.SENT, False)
    assert answered(shop, notice) == sent


def test_after_its_last_try_a_person_has_a_task(shop: Shop) -> None:
    with_partner(shop)
    notice = prepares(shop, coming(shop))
    assert notice is not None

    tries = [answered(shop, notice, PartnerAnswer.UNKNOWN) for _ in range(5)]

    assert [is_given_up(one) for one in tries] == [False] * 4 + [True]
    events = [event.type for event in shop.store.reads().events(notice.subject)]
    assert events == ["notice.prepared", "notice.not_delivered"]
    assert tries[-1].fault == "timeout"


def test_a_definite_no_is_a_task_at_once(shop: Shop) -> None:
    with_partner(shop)
    notice = prepares(shop, coming(shop))
    assert notice is not None

    assert is_given_up(answered(shop, notice, PartnerAnswer.REFUSED))


def test_an_answer_about_an_older_revision_says_nothing(shop: Shop) -> None:
    with_partner(shop)
    ret = coming(shop)
    first = prepares(shop, ret)
    assert first is not None
    sends(shop, ret)
    second = prepares(shop, ret)

    answered(shop, first)

    assert now(shop, first) == second


# --- partners ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://wms.example.com/",
        "https://10.0.0.1/",
        "https://[::1]/",
        "https://2130706433/",
        "https://0x7f.1/",
        "https://localhost/",
        "https://wms.example.com:22/",
        "https://user@wms.example.com/",
        "https://wms.example.com/#x",
        "https://wms.example.com/a b",
        "https://wms.example.com\\@evil.example/",
        "ftp://wms.example.com/",
        "https://wms_.example.com:x/",
        "https:///nothing",
    ],
)
def test_only_a_public_name_is_told(shop: Shop, endpoint: str) -> None:
    with pytest.raises(Invalid, match="bad_endpoint"):
        with_partner(shop, command=SetUp(endpoint=endpoint, secret="wms"))


def test_a_local_stack_may_have_its_own_partner(shop: Shop) -> None:
    command = SetUp(endpoint="http://127.0.0.1:9/notices", secret="wms")

    partner = shop.do(
        lambda reads, context: set_up(reads, "A", command, context, sandbox="http://127.0.0.1:9/")
    )

    assert partner.endpoint == command.endpoint


def test_the_same_partner_again_changes_nothing_and_another_is_a_new_version(shop: Shop) -> None:
    first = with_partner(shop)

    assert with_partner(shop) == first
    other = SetUp(endpoint="https://other.example.com/", secret="wms")
    assert with_partner(shop, command=other).version == 2
    with pytest.raises(Stale):
        shop.do(
            lambda reads, context: set_up(reads, "A", PARTNER, context), shop.context(version=1)
        )

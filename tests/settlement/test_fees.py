"""What is kept of a refund when it is paid: once, of the right units, and never too much."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.core.errors import Invalid
from chalicelib.policy.fees import FeeKind
from chalicelib.returns import losing, quoting
from chalicelib.returns.charging import fees_due
from chalicelib.returns.model import AppealAgainst, Closure, FaultParty, Resolution, ReturnType
from chalicelib.returns.wishes import RequestReturn
from chalicelib.settlement.model import SettlementState
from chalicelib.settlement.planning import owed_now
from tests.builders import NOW, Shop, eur, failed, item, line, passed, restock, wish
from tests.fakes import FakeProvider, FakeStore
from tests.returns.acts import ships
from tests.returns.undoing import appeals, decides, suspicions
from tests.settlement.charged import comes, euro, paid, sells, settled, told, under

FEES = {
    "restocking_percent": "15",
    "flat": euro("2.00"),
    "shipping": euro("4.90"),
    "tax_percent": "19",
}


def test_fees_are_taken_of_the_refund_and_told(shop: Shop) -> None:
    under(shop, fees=FEES)
    sells(shop)
    ret = shop.approves(shop.asks(quantity=3))
    comes(shop, ret, 3)

    done = settled(shop, ret)

    assert told(done.fees) == [
        (FeeKind.RESTOCKING, "1", 450),
        (FeeKind.FLAT, None, 200),
        (FeeKind.SHIPPING, None, 490),
    ]
    assert [fee.tax.minor for fee in done.fees] == [72, 32, 78]
    assert (done.amount, done.lines[0].amount, done.paid) == (eur(1860), eur(3000), eur(1860))
    started, settled_event = (
        event
        for event in shop.store.reads().events(ret.subject)
        if event.type in ("settlement.started", "settlement.settled")
    )
    assert started.data["fees"] == settled_event.data["fees"]
    assert started.data["fees"][0] == {  # type: ignore[index]  # JSON
        "kind": "restocking",
        "line_no": "1",
        "amount": euro("4.50"),
        "tax": euro("0.72"),
    }
    assert suspicions(shop) == []


def test_a_fee_of_the_return_is_taken_with_its_first_refund_only(shop: Shop) -> None:
    under(shop, fees=FEES)
    sells(shop)
    ret = shop.approves(shop.asks(quantity=3))
    for _ in range(3):
        comes(shop, ret)
        settled(shop, ret)

    first, *others = shop.now_is(ret).settlements

    assert {fee.kind for fee in first.fees} == set(FeeKind) - {FeeKind.GRADE}
    assert [told(one.fees) for one in others] == [[(FeeKind.RESTOCKING, "1", 150)]] * 2
    assert paid(shop.now_is(ret)) == eur(1860)


def test_what_one_refund_could_not_carry_is_taken_of_the_next(shop: Shop) -> None:
    under(shop, fees={"flat": euro("15.00")})
    sells(shop)
    ret = shop.approves(shop.asks(quantity=3))
    comes(shop, ret)
    first = settled(shop, ret)
    comes(shop, ret, 2)
    second = settled(shop, ret)

    assert (first.amount, first.legs, first.state) == (eur(0), (), SettlementState.SETTLED)
    assert told(second.fees) == [(FeeKind.FLAT, None, 500)]
    assert second.amount == eur(1500)


def test_a_refund_that_fees_use_up_is_settled_and_asks_no_provider(
    shop: Shop, provider: FakeProvider
) -> None:
    under(shop, fees={"restocking_percent": "100"})
    sells(shop, line())
    ret = shop.approves(shop.asks())
    comes(shop, ret)
    shop.disposes(ret, restock())

    done = settled(shop, ret)

    assert (done.amount, done.state) == (eur(0), SettlementState.SETTLED)
    assert (provider.sent, provider.asked) == ([], [])
    assert shop.now_is(ret).closure is Closure.COMPLETED


@pytest.mark.parametrize("fault", [FaultParty.MAKER, FaultParty.CARRIER, FaultParty.US])
def test_units_whose_fault_turned_out_to_be_anothers_are_free_of_fees(
    shop: Shop, fault: FaultParty
) -> None:
    under(shop, fees=FEES)
    sells(shop)
    ret = shop.approves(shop.asks(quantity=3))
    comes(shop, ret, 1, fault=fault)

    free = settled(shop, ret)
    comes(shop, ret, 2, fault=FaultParty.CUSTOMER)
    charged = settled(shop, ret)

    assert (free.fees, free.amount) == ((), eur(1000))
    assert [fee.amount.minor for fee in charged.fees] == [300, 200, 490]


def test_of_units_with_different_faults_only_the_customers_carry_fees(shop: Shop) -> None:
    under(shop, fees={"flat": euro("15.00")})
    sells(shop)
    ret = shop.approves(shop.asks(quantity=3))
    comes(shop, ret, 2, fault=FaultParty.US)
    comes(shop, ret, 1)

    assert settled(shop, ret).amount == eur(2000)


def test_the_quote_of_what_is_called_back_says_no_fee(shop: Shop) -> None:
    under(shop, fees=FEES)
    sells(shop)
    request = RequestReturn(order_no="O-1", lines=(wish(3),), type=ReturnType.RECALL)

    quote = quoting.quote(shop.store.reads(), request, shop.context())

    assert (quote.fees, quote.refund) == ((), eur(3000))


@pytest.mark.parametrize(
    "type_", [ReturnType.WITHDRAWAL, ReturnType.RECALL, ReturnType.STOCK_ERROR]
)
def test_what_the_law_or_we_bring_back_is_free_of_fees(shop: Shop, type_: ReturnType) -> None:
    under(shop, fees=FEES)
    sells(shop)
    ret = shop.approves(shop.asks(quantity=3))
    comes(shop, ret, 3)
    owing = shop.now_is(ret)
    parts = owed_now(owing, shop.store.reads().order("O-1")).lines

    assert fees_due(owing, parts)
    assert fees_due(replace(owing, type=type_), parts) == ()


def test_no_fee_is_taken_once_a_return_stands_for_a_withdrawal(shop: Shop) -> None:
    under(shop, fees=FEES)
    sells(shop)
    ret = shop.approves(shop.asks(quantity=3))
    comes(shop, ret, 3)

    declared = replace(shop.now_is(ret), withdrawal_id="wdr_1")

    assert owed_now(declared, shop.store.reads().order("O-1")).amount == eur(3000)


def test_a_rule_that_states_no_fee_waives_what_later_rules_state(shop: Shop) -> None:
    defect = {"fact": "reason", "is": "QUALITY_DEFECT"}
    under(
        shop,
        {
            "id": "our-fault",
            "title": {"en": "f", "zh-CN": "f"},
            "when": defect,
            "then": {"fees": {"restocking_percent": "0"}},
        },
        fees=FEES,
    )
    sells(shop)

    assert shop.quotes("O-1", wish(1, reason="QUALITY_DEFECT")).fees == ()
    assert shop.quotes("O-1", wish(1)).refund == eur(160)


def test_what_is_exchanged_is_neither_paid_nor_charged(shop: Shop) -> None:
    under(shop, fees=FEES)
    sells(shop)

    quote = shop.quotes(
        "O-1", wish(1), wish(2, resolution=Resolution.EXCHANGE, exchange_for="SKU-1")
    )

    assert [part.refund for part in quote.lines] == [eur(850), eur(0)]
    assert quote.refund == eur(160)
    assert told(quote.lines[1].fees) == []


def test_a_fee_may_be_awarded_back_but_no_more(shop: Shop) -> None:
    under(shop, fees=FEES)
    sells(shop, line(quantity=3), line("2"))
    ret = shop.approves(shop.asks("O-1", wish(3), wish(1, "2")))
    comes(shop, ret, 3)
    settled(shop, ret)
    appeals(shop, ret, AppealAgainst.AMOUNT, "1")

    with pytest.raises(Invalid, match="award_too_large"):
        decides(shop, ret, uphold=True, award=eur(1141))
    decides(shop, ret, uphold=True, award=eur(1140))

    comes(shop, ret, 1, "2")
    assert told(settled(shop, ret).fees) == [(FeeKind.RESTOCKING, "2", 150)]
    assert suspicions(shop) == []


def test_a_fee_of_the_whole_return_is_no_single_lines_to_award(shop: Shop) -> None:
    under(shop, fees={"flat": euro("5.00")})
    sells(shop, line(), line("2"))
    ret = shop.approves(shop.asks("O-1", wish(1), wish(1, "2")))
    comes(shop, ret)
    comes(shop, ret, no="2")
    settled(shop, ret)
    appeals(shop, ret, AppealAgainst.AMOUNT, "1")

    with pytest.raises(Invalid, match="award_too_large"):
        decides(shop, ret, uphold=True, award=eur(1))


def test_a_fee_that_was_awarded_back_is_not_taken_of_the_next_refund(shop: Shop) -> None:
    """Nor is the award paid twice: the next refund is what it would have been, and the award."""
    under(shop, fees={"flat": euro("5.00")})
    sells(shop)
    ret = shop.approves(shop.asks(quantity=3))
    comes(shop, ret)
    settled(shop, ret)
    appeals(shop, ret, AppealAgainst.AMOUNT)
    decides(shop, ret, uphold=True, award=eur(500))
    comes(shop, ret, 2)

    assert settled(shop, ret).amount == eur(2500)


percents = st.integers(0, 10_000).map(lambda parts: f"{parts // 100}.{parts % 100:02}")
amounts = st.none() | st.integers(1, 3000).map(lambda minor: euro(str(eur(minor).amount)))


@st.composite
def stated(draw: st.DrawFn) -> dict[str, object]:
    fields = {
        "restocking_percent": draw(percents),
        "flat": draw(amounts),
        "shipping": draw(amounts),
        "tax_percent": draw(percents),
    }
    return {name: value for name, value in fields.items() if value is not None}


def shop_now() -> Shop:
    provider = FakeProvider()
    return Shop(FakeStore(clock=lambda: NOW), providers={provider.name: provider})


@settings(max_examples=40, deadline=None)
@given(stated(), stated(), st.integers(1, 2000), st.integers(1, 2000))
def test_a_quote_equals_the_settlement_when_all_is_accepted(
    cheap: dict[str, object], other: dict[str, object], price: int, another: int
) -> None:
    shop = shop_now()
    of_line = {
        "id": "dear",
        "title": {"en": "d", "zh-CN": "d"},
        "when": {"fact": "sku", "is": "SKU-2"},
        "then": {"fees": other},
    }
    under(shop, of_line, fees=cheap)
    sells(shop, line(quantity=2, price=price), line("2", price=another), discount=1)
    wishes = (wish(2), wish(1, "2"))

    quote = shop.quotes("O-1", *wishes)
    ret = shop.approves(shop.asks("O-1", *wishes))
    comes(shop, ret, 2)
    comes(shop, ret, 1, "2")
    done = settled(shop, ret)

    assert (done.amount, done.fees) == (quote.refund, quote.fees)


@settings(max_examples=40, deadline=None)
@given(stated(), st.lists(st.integers(1, 3), min_size=1, max_size=4), st.integers(1, 2000))
def test_parts_in_any_size_are_paid_as_the_whole_is_quoted(
    fees: dict[str, object], parts: list[int], price: int
) -> None:
    shop = shop_now()
    under(shop, fees=fees)
    sells(shop, line(quantity=sum(parts), price=price), discount=min(price, 7))

    quote = shop.quotes("O-1", wish(sum(parts)))
    ret = shop.approves(shop.asks(quantity=sum(parts)))
    for part in parts:
        comes(shop, ret, part)
        done = settled(shop, ret)
        assert done.amount.minor >= 0

    assert paid(shop.now_is(ret)) == quote.refund
    assert all(group.settlement is SettlementState.SETTLED for group in shop.now_is(ret).groups())


def test_goods_that_are_not_paid_back_carry_no_fee(shop: Shop) -> None:
    under(shop, fees={"flat": euro("15.00")})
    sells(shop)
    ret = shop.approves(shop.asks(quantity=3))
    shop.receives(ret, item(quantity=3))
    shop.inspects(ret, passed(1), failed(2))

    assert told(settled(shop, ret).fees) == [(FeeKind.FLAT, None, 1000)]


def test_a_unit_that_was_free_of_fees_when_it_was_paid_stays_so(shop: Shop) -> None:
    """Lost by the carrier and paid; it turns up, and nobody is at fault any more."""
    under(shop, fees={"restocking_percent": "10"})
    sells(shop, line(quantity=2))
    ret = shop.approves(shop.asks(quantity=2))
    ships(shop, ret, 1)
    command = losing.MarkLost(reason="LOST_IN_TRANSIT", fault=FaultParty.CARRIER)
    shop.do(lambda reads, context: losing.mark_lost(reads, ret.return_id, command, context))
    lost = settled(shop, ret)
    comes(shop, ret, 2)

    assert (lost.fees, lost.lines[0].free) == ((), lost.lines[0].units)
    assert told(settled(shop, ret).fees) == [(FeeKind.RESTOCKING, "1", 100)]


def test_a_fee_of_goods_that_turned_out_faulty_is_made_good_by_the_next_refund(shop: Shop) -> None:
    """As far as that has one; the rest is for a person."""
    under(shop, fees={"restocking_percent": "10"}, refund_due="receipt")
    sells(shop, line(quantity=3))
    ret = shop.approves(shop.asks(quantity=3))
    shop.receives(ret, item())
    settled(shop, ret)
    shop.inspects(ret, passed(fault=FaultParty.MAKER))
    shop.receives(ret, item(quantity=2))

    assert told(settled(shop, ret).fees) == [(FeeKind.RESTOCKING, "1", 100)]


def test_a_fee_that_an_appeal_gave_back_is_not_made_good_once_more(shop: Shop) -> None:
    under(shop, fees={"restocking_percent": "10"}, refund_due="receipt")
    sells(shop, line(quantity=3))
    ret = shop.approves(shop.asks(quantity=3))
    shop.receives(ret, item())
    settled(shop, ret)
    shop.inspects(ret, passed(fault=FaultParty.MAKER))
    appeals(shop, ret, AppealAgainst.AMOUNT)
    decides(shop, ret, uphold=True, award=eur(100))
    shop.receives(ret, item(quantity=2))

    last = settled(shop, ret)

    assert told(last.fees) == [(FeeKind.RESTOCKING, "1", 200)]
    assert paid(shop.now_is(ret)) == eur(2800)
    assert suspicions(shop) == []


def test_an_award_beyond_a_fee_gives_no_other_fee_back(shop: Shop) -> None:
    under(shop, fees={"restocking_percent": "10", "tax_percent": "25"}, refund_due="receipt")
    sells(shop, line(quantity=3))
    ret = shop.approves(shop.asks(quantity=3))
    shop.receives(ret, item(quantity=2))
    settled(shop, ret)
    shop.inspects(ret, passed(fault=FaultParty.MAKER), passed())
    appeals(shop, ret, AppealAgainst.AMOUNT)
    decides(shop, ret, uphold=True, award=eur(200))
    shop.receives(ret, item())

    (last,) = settled(shop, ret).fees

    assert (last.amount, last.tax) == (eur(100), eur(20))

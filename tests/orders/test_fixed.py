"""What refunds are computed by does not change while there are returns; the rest may."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from chalicelib.core.commands import Changes, Decided
from chalicelib.core.errors import Conflict, Invalid
from chalicelib.core.runs import Run
from chalicelib.orders.given import Given, GivenUnits
from chalicelib.orders.model import Dispute, DisputeState, Order, Payment, TaxLine
from tests.bargains import bulk, coupon
from tests.builders import NOW, Shop, eur, line, order, payment, wish

CHANGES: dict[str, Callable[[Order], Order]] = {
    "promotions": lambda o: replace(o, promotions=(bulk({1: 500, 5: 300}),)),
    "shipping": lambda o: replace(o, shipping=eur(590)),
    "shipping_tax": lambda o: replace(o, shipping_tax=eur(1)),
    "shipping_tax_rate": lambda o: replace(o, shipping_tax_rate="0.19"),
    "standard_shipping": lambda o: replace(o, standard_shipping=eur(1)),
    "coupons": lambda o: replace(o, coupons=(coupon(),)),
    "points_spent": lambda o: replace(o, points_spent=7),
    "points_earned": lambda o: replace(o, points_earned=7),
    "exchange_rate": lambda o: replace(o, exchange_rate="1.10"),
    "tax_included": lambda o: replace(o, tax_included=False),
}


def sold(shop: Shop) -> Order:
    """Of two lines, with something of everything that belongs to the order as a whole."""
    return shop.sells(
        order(
            line(quantity=3),
            line("2", quantity=2),
            shipping=eur(490),
            shipping_tax=eur(78),
            standard_shipping=eur(390),
            points_spent=100,
            points_earned=50,
            coupons=(coupon("OLD"),),
        )
    )


def fields_of(refused: pytest.ExceptionInfo[Conflict]) -> object:
    assert refused.value.code == "order_has_returns"
    return refused.value.details["fields"]


@pytest.mark.parametrize("field", list(CHANGES))
def test_what_belongs_to_the_whole_order_is_fixed_while_units_are_held(
    shop: Shop, field: str
) -> None:
    before = sold(shop)
    shop.asks("O-1", wish(1, "1"))

    with pytest.raises(Conflict) as refused:
        shop.registers(CHANGES[field](before))

    assert fields_of(refused) == [field]
    assert getattr(shop.sold(), field) == getattr(before, field)


@pytest.mark.parametrize("field", list(CHANGES))
def test_without_returns_it_may_be_corrected(shop: Shop, field: str) -> None:
    before = sold(shop)

    assert shop.registers(CHANGES[field](before)).changed
    assert getattr(shop.sold(), field) != getattr(before, field)


def test_when_the_units_are_free_again_it_may_be_corrected(shop: Shop) -> None:
    before = sold(shop)
    shop.rejects(shop.asks("O-1", wish(1, "1")))

    assert shop.registers(CHANGES["shipping"](before)).changed


def test_every_field_that_would_change_is_named(shop: Shop) -> None:
    before = sold(shop)
    shop.asks("O-1", wish(1, "1"))

    with pytest.raises(Conflict) as refused:
        shop.registers(replace(before, shipping=eur(0), shipping_tax=eur(0), coupons=()))

    assert fields_of(refused) == ["shipping", "shipping_tax", "coupons"]


def test_what_went_back_is_kept_whatever_is_told(shop: Shop) -> None:
    before = sold(shop)
    given = Given(
        units=(GivenUnits(line_no="2", units=(Run(1, 1),)),),
        shipping_net=eur(300),
        points_back=40,
        coupons=("OLD",),
    )
    remember(shop, replace(before, given=given))

    shop.registers(replace(before, channel="store", given=Given()))

    assert (shop.sold().given, shop.sold().channel) == (given, "store")
    with pytest.raises(Conflict, match="line_has_returns"):
        shop.registers(replace(before, lines=(before.lines[0], line("2", quantity=2, price=1))))
    with pytest.raises(Conflict, match="order_has_returns"):
        shop.registers(CHANGES["points_spent"](before))


def remember(shop: Shop, changed: Order) -> None:
    """Books on the order what settlements and disputes would."""
    known = shop.sold()
    fresh = replace(changed, version=known.version + 1, chain=known.chain)
    shop.do(lambda reads, context: Decided(result=None, changes=Changes(records=(fresh,))))


def disputed(shop: Shop, before: Order, *, state: DisputeState = DisputeState.OPEN) -> Payment:
    """The card's payment, of which 4.00 are disputed."""
    dispute = Dispute(dispute_id="dp-1", amount=eur(400), opened_at=NOW, state=state)
    card = replace(before.payments[0], disputes=(dispute,))
    remember(shop, replace(before, payments=(card,)))
    return card


def test_disputes_are_ours_and_stay(shop: Shop) -> None:
    before = sold(shop)
    card = disputed(shop, before)

    shop.registers(replace(before, channel="store"))

    assert shop.sold().payments == (card,)
    assert shop.sold().payments[0].refundable == card.captured - eur(400)


@pytest.mark.parametrize("state", list(DisputeState))
def test_a_payment_that_was_disputed_is_not_left_out(shop: Shop, state: DisputeState) -> None:
    before = sold(shop)
    disputed(shop, before, state=state)

    with pytest.raises(Conflict, match="payment_has_refunds"):
        shop.registers(replace(before, payments=()))


def test_no_payment_is_left_out_while_there_are_returns(shop: Shop) -> None:
    before = shop.sells(
        order(line(price=100_00), payments=(payment("card", 60_00), payment("voucher", 40_00)))
    )
    less = replace(before, payments=before.payments[:1])
    ret = shop.asks()

    with pytest.raises(Conflict) as refused:
        shop.registers(less)
    shop.rejects(ret)

    assert fields_of(refused) == ["payments"]
    assert shop.registers(less).changed


def refunded(shop: Shop) -> Order:
    """100.00 by card, of which 50.00 went back."""
    card = replace(payment("card", 100_00), provider_ref="ref-1")
    shop.sells(order(line(quantity=2, price=50_00), payments=(card,)))
    shop.settles(shop.accepts(shop.asks()))
    return shop.sold()


@pytest.mark.parametrize("changed", [{"provider": "manual"}, {"provider_ref": "ref-2"}], ids=str)
def test_a_payment_that_was_refunded_from_stays_with_its_provider(
    shop: Shop, changed: dict[str, str]
) -> None:
    before = refunded(shop)
    other = replace(before.payments[0], **changed)  # type: ignore[arg-type]  # as is

    with pytest.raises(Conflict, match="payment_has_refunds"):
        shop.registers(replace(before, payments=(other,)))


def test_a_reference_that_is_not_repeated_is_kept(shop: Shop) -> None:
    before = refunded(shop)
    silent = replace(before.payments[0], provider_ref=None)

    again = shop.registers(replace(before, payments=(silent,)))

    assert not again.changed
    assert shop.sold().payments[0].provider_ref == "ref-1"


def test_a_payment_that_was_refunded_from_does_not_change_its_currency(shop: Shop) -> None:
    before = refunded(shop)
    lines = (line(quantity=2, price=50_00, currency="USD"),)
    told = replace(order(*lines), deliveries=())

    with pytest.raises(Conflict, match="payment_has_refunds"):
        shop.registers(replace(told, payments=(payment("card", 100_00, currency="USD"),)))

    assert shop.sold() == before


@pytest.mark.parametrize(
    ("changed", "pointer", "code"),
    [
        ({"standard_shipping": eur(-1)}, "/standard_shipping", "negative_amount"),
        ({"shipping_tax": eur(1)}, "/shipping_tax", "tax_above_price"),
        ({"exchange_rate": "0.00"}, "/exchange_rate", "zero_rate"),
        ({"coupons": (coupon(), coupon("B", -1))}, "/coupons/1/amount", "negative_amount"),
        ({"coupons": (coupon(currency="JPY"),)}, "/coupons/0/amount", "wrong_currency"),
        ({"coupons": (coupon(), coupon())}, "/coupons/1/code", "duplicate_coupon"),
        ({"promotions": (bulk({1: 500}, "9"),)}, "/promotions/0/line_nos/0", "unknown_line"),
        (
            {"promotions": (bulk({1: 500, 5: 300}), bulk({1: 3, 4: 5}, promotion_id="B"))},
            "/promotions/1/bulk/1/unit_price",
            "dearer_tier",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_of_the_whole_order_does_not_add_up_is_named_where_it_stands(
    shop: Shop, changed: dict[str, object], pointer: str, code: str
) -> None:
    with pytest.raises(Invalid) as refused:
        shop.registers(replace(order(line(quantity=5)), **changed))  # type: ignore[arg-type]  # as is

    assert (pointer, code) in [(error.pointer, error.code) for error in refused.value.errors]


def test_a_tax_on_top_may_exceed_the_shipping(shop: Shop) -> None:
    told = order(line(), shipping=eur(100), shipping_tax=eur(200), tax_included=False)

    assert shop.sells(told).shipping_tax == eur(200)


def test_tax_lines_of_a_line_with_returns_stay_at_their_rate(shop: Shop) -> None:
    tax = TaxLine(name="VAT", rate="0.19", amount=eur(160))
    before = shop.sells(order(line(taxes=(tax,))))
    shop.asks()
    later = replace(before.lines[0], taxes=(replace(tax, rate="0.16"),))

    with pytest.raises(Conflict, match="line_has_returns"):
        shop.registers(replace(before, lines=(later,)))

"""A kit is told as one line and kept as the lines of its parts, whose money sums to its price."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core import runs
from chalicelib.core.commands import Changes, Decided
from chalicelib.core.errors import Conflict, Invalid
from chalicelib.core.money import Money
from chalicelib.inventory.model import Account
from chalicelib.orders.kits import exploded, undivided, weights
from chalicelib.orders.model import DeliveredItem, KitComponent, LineKind, Order, OrderLine, TaxLine
from chalicelib.orders.registration import Registered, deliver
from chalicelib.orders.value import order_total, paid_by_line, paid_for_units
from tests.builders import Shop, delivery, eur, line, order, wish

CUP = KitComponent(sku="CUP", quantity=4, share="0.6", name="Cup", gtin="40123455")
POT = KitComponent(sku="POT", quantity=1, share="0.4", unit_cost=eur(350))


def tea_set(quantity: int = 2, **more: Any) -> OrderLine:
    """Four cups and a pot, sold as one."""
    return replace(line("1", sku="TEA", quantity=quantity, kit=(CUP, POT)), **more)


def delivers(shop: Shop, *items: DeliveredItem, no: str = "D-2") -> Registered:
    shipped = delivery(*items, no=no)
    return shop.do(lambda reads, context: deliver(reads, "O-1", shipped, context))


def test_a_kit_is_followed_by_the_lines_of_its_parts(shop: Shop) -> None:
    sold = shop.sells(order(tea_set(), line("2")))

    kit, cups, pots, other = sold.lines
    assert [x.line_no for x in sold.lines] == ["1", "1.1", "1.2", "2"]
    assert (kit.kind, kit.kit_of) == (LineKind.KIT, None)
    assert (cups.sku, cups.quantity, cups.kit_of, cups.gtin) == ("CUP", 8, "1", "40123455")
    assert (pots.sku, pots.quantity, pots.kit_of, pots.name) == ("POT", 2, "1", "POT")
    assert (cups.kind, other.kit_of) == (LineKind.GOODS, None)


def test_a_part_costs_what_is_stated_or_its_share_of_the_kit(shop: Shop) -> None:
    sold = shop.sells(order(tea_set(unit_cost=eur(900))))

    assert [x.unit_cost for x in sold.lines[1:]] == [eur(135), eur(350)]


def test_a_kit_is_delivered_as_its_parts_and_its_own_sku_never_moves(shop: Shop) -> None:
    shop.counts({"CUP": 20, "POT": 5, "TEA": 3})

    shop.registers(order(tea_set()))

    assert (shop.on_hand("CUP"), shop.on_hand("POT"), shop.on_hand("TEA")) == (12, 3, 3)
    assert shop.on_hand("CUP", Account.CUSTOMER) == 8


def test_the_same_order_with_a_kit_again_changes_nothing(shop: Shop) -> None:
    told = order(tea_set())
    stored = shop.sells(told)

    again = shop.registers(told)

    assert (again.created, again.changed) == (False, False)
    assert shop.sold() == stored


def test_the_same_delivery_of_a_kit_again_changes_nothing(shop: Shop) -> None:
    shop.counts({"CUP": 8, "POT": 2})
    shop.registers(order(tea_set(), deliveries=()))
    item = DeliveredItem(line_no="1", quantity=2)

    first = delivers(shop, item)
    again = delivers(shop, item)
    by_parts = delivers(
        shop, DeliveredItem(line_no="1.1", quantity=8), DeliveredItem(line_no="1.2", quantity=2)
    )

    assert (first.changed, again.changed, by_parts.changed) == (True, False, False)
    assert shop.on_hand("CUP", Account.CUSTOMER) == 8


def test_parts_may_be_delivered_by_themselves_with_their_serials(shop: Shop) -> None:
    shop.counts({"CUP": 8, "POT": 2})
    shop.registers(order(tea_set(), deliveries=()))

    delivers(shop, DeliveredItem(line_no="1.2", quantity=1, serials=("P-1",)))
    delivers(shop, DeliveredItem(line_no="1.1", quantity=5), no="D-3")

    assert (shop.returnable(line_no="1.1"), shop.returnable(line_no="1.2")) == (5, 1)


def test_no_more_parts_are_delivered_than_were_sold(shop: Shop) -> None:
    shop.counts({"CUP": 20, "POT": 20})
    shop.registers(order(tea_set(), deliveries=()))
    delivers(shop, DeliveredItem(line_no="1.2", quantity=1))

    with pytest.raises(Invalid) as refused:
        delivers(shop, DeliveredItem(line_no="1", quantity=2), no="D-3")

    (fault,) = refused.value.errors
    assert (fault.code, fault.message) == ("delivered_above_ordered", "Line 1.2: 3 of 2 delivered.")


WRONG: dict[str, tuple[Callable[[Order], Order], str, str]] = {
    "a line told with the number of a part": (
        lambda o: replace(o, lines=(*o.lines, line("1.2"))),
        "/lines/1/line_no",
        "part_line_told",
    ),
    "a line of a part told": (
        lambda o: replace(o, lines=(*o.lines, line("9", kit_of="1"))),
        "/lines/1/line_no",
        "part_line_told",
    ),
    "a kit without parts": (
        lambda o: replace(o, lines=(line("1", kind=LineKind.KIT),)),
        "/lines/0/kit",
        "kit_without_parts",
    ),
    "a service of parts": (
        lambda o: replace(o, lines=(tea_set(kind=LineKind.SERVICE),)),
        "/lines/0/kit",
        "service_with_parts",
    ),
    "a number too long with that of the part": (
        lambda o: replace(o, lines=(replace(tea_set(), line_no="1" * 63),)),
        "/lines/0/line_no",
        "too_long",
    ),
    "more parts than anybody counts": (
        lambda o: replace(o, lines=(tea_set(250_001),)),
        "/lines/0/kit/0/quantity",
        "quantity_range",
    ),
    "too many lines with those of the parts": (
        lambda o: replace(
            o, lines=tuple(replace(tea_set(1), line_no=f"k{n}", kit=(CUP, POT)) for n in range(334))
        ),
        "/lines",
        "too_many_lines",
    ),
    "a serial number of a whole kit": (
        lambda o: replace(
            o, deliveries=(delivery(DeliveredItem(line_no="1", quantity=1, serials=("S",))),)
        ),
        "/deliveries/0/items/0/serials",
        "kit_not_traced",
    ),
    "a lot of a whole kit": (
        lambda o: replace(
            o, deliveries=(delivery(DeliveredItem(line_no="1", quantity=1, lot="L")),)
        ),
        "/deliveries/0/items/0/lot",
        "kit_not_traced",
    ),
}


@pytest.mark.parametrize("case", list(WRONG))
def test_a_kit_that_cannot_be_is_refused_where_it_cannot(shop: Shop, case: str) -> None:
    change, pointer, code = WRONG[case]

    with pytest.raises(Invalid, match="invalid_order") as refused:
        shop.registers(change(order(tea_set(), deliveries=())))

    assert [(error.pointer, error.code) for error in refused.value.errors] == [(pointer, code)]


CHANGES: dict[str, Callable[[OrderLine], OrderLine]] = {
    "another recipe": lambda kit: replace(kit, kit=(replace(CUP, quantity=5), POT)),
    "another share": lambda kit: replace(kit, kit=(replace(CUP, share="0.7"), POT)),
    "another price": lambda kit: replace(kit, unit_price=eur(999)),
}


@pytest.mark.parametrize("change", list(CHANGES))
def test_a_kit_with_returns_keeps_its_recipe_shares_and_price(shop: Shop, change: str) -> None:
    told = order(tea_set())
    shop.sells(told)
    shop.asks("O-1", wish(1, "1.1"))

    with pytest.raises(Conflict, match="line_has_returns"):
        shop.registers(replace(told, lines=(CHANGES[change](told.lines[0]),), deliveries=()))


def test_parts_that_were_delivered_stay_what_they_are(shop: Shop) -> None:
    told = order(tea_set())
    shop.sells(told)

    with pytest.raises(Conflict, match="line_was_delivered"):
        shop.registers(replace(told, lines=(tea_set(kit=(replace(CUP, sku="MUG"), POT)),)))


def test_a_kit_that_was_delivered_whole_before_kits_were_divided_stays_whole(shop: Shop) -> None:
    """As release 0.1.0 stored it: a line of goods with a recipe, delivered under its own SKU."""
    whole = shop.sells(order(replace(tea_set(), kit=())))
    before = replace(whole, lines=(tea_set(),), version=whole.version + 1)
    shop.store.run(lambda _: stored(before), context=shop.context())

    again = shop.registers(replace(before, deliveries=before.deliveries))

    assert undivided(before) == {"1"}
    assert not again.changed
    assert shop.asks("O-1", wish(1, "1")).lines[0].sku == "TEA"


def stored(record: Order) -> Decided[None]:
    return Decided(result=None, changes=Changes(records=(record,)))


shares = st.from_regex(r"[0-9]{1,3}(\.[0-9]{1,6})?", fullmatch=True)


@st.composite
def orders_with_kits(draw: st.DrawFn) -> Order:
    """Kits among other lines, in any currency, with discounts, tax in the price or on top."""
    currency = draw(st.sampled_from(["JPY", "EUR", "KWD", "CLF"]))
    lines = []
    for number in range(draw(st.integers(1, 3))):
        quantity, price = draw(st.integers(1, 9)), draw(st.integers(0, 99_999))
        parts = draw(st.lists(st.tuples(st.integers(1, 7), shares), min_size=0, max_size=5))
        lines.append(
            line(
                str(number),
                quantity=quantity,
                price=price,
                currency=currency,
                discount=Money(draw(st.integers(0, quantity * price)), currency),
                taxes=(
                    TaxLine(
                        name="VAT",
                        rate="0.2",
                        amount=Money(draw(st.integers(0, quantity * price)), currency),
                    ),
                ),
                kit=tuple(
                    KitComponent(sku=f"P{n}", quantity=each, share=share)
                    for n, (each, share) in enumerate(parts)
                ),
            )
        )
    goods = sum(x.unit_price.minor * x.quantity - x.discount.minor for x in lines)
    return order(
        *lines, discount=draw(st.integers(0, goods)), tax_included=draw(st.booleans()), payments=()
    )


@given(orders_with_kits(), st.data())
def test_the_parts_of_a_kit_sum_to_its_price_in_any_order_of_partial_returns(
    told: Order, data: st.DataObject
) -> None:
    undivided_worth = paid_by_line(told)

    sold = exploded(told)

    assert order_total(sold) == order_total(told)
    for kit in told.lines:
        if not kit.kit:
            assert paid_by_line(sold)[kit.line_no] == undivided_worth[kit.line_no]
            continue
        net = tax = 0
        for part in (x for x in sold.lines if x.kit_of == kit.line_no):
            ordinals = data.draw(st.permutations(range(1, part.quantity + 1)))
            cut = data.draw(st.integers(0, part.quantity))
            for some in (ordinals[:cut], ordinals[cut:]):
                paid = paid_for_units(sold, part, runs.of_ordinals(some))
                assert paid.net.minor >= 0
                assert paid.tax.minor >= 0
                net, tax = net + paid.net.minor, tax + paid.tax.minor
        whole = undivided_worth[kit.line_no]
        assert (net, tax) == (whole.net.minor, whole.tax.minor)
        assert not paid_by_line(sold)[kit.line_no].total


def test_shares_of_different_lengths_weigh_what_they_say() -> None:
    kit = tuple(KitComponent(sku="P", quantity=1, share=share) for share in ("1", "0.5", "0.250"))

    assert weights(kit) == [1000, 500, 250]

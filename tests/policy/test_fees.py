"""Fees: a part of each line, something flat once a return, never more than the refund."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.money import Money
from chalicelib.policy.document import Fees
from chalicelib.policy.fees import Charged, Fee, FeeKind, fees_for, portion
from tests.policy import documents as build
from tests.policy.documents import eur


def charged(refund: int, fees: Fees | None, no: str = "1", earlier: int = 0) -> Charged:
    return Charged(line_no=no, refund=eur(refund), fees=fees, earlier=eur(earlier))


def total(fees: list[Fee]) -> int:
    return sum(fee.amount.minor for fee in fees)


def test_restocking_is_taken_of_each_line_and_halves_go_to_even() -> None:
    fees = fees_for([charged(1000, Fees(restocking=1500)), charged(50, Fees(restocking=500), "2")])

    assert [(fee.line_no, fee.amount.minor) for fee in fees] == [("1", 150), ("2", 2)]
    assert portion(eur(70), 500).minor == 4


def test_restocking_of_one_unit_after_another_is_that_of_all_of_them() -> None:
    """Three units of 0.99 at 5 %: 4.95 cent each, 14.85 together."""
    stated, taken = Fees(restocking=500), list[Fee]()
    for before in (0, 99, 198):
        taken += fees_for([charged(99, stated, earlier=before)], taken)

    assert [fee.amount.minor for fee in taken] == [5, 5, 5]
    assert total(fees_for([charged(297, stated)])) == 15


def test_a_flat_fee_is_taken_once_a_return_however_many_lines_state_it() -> None:
    flat = Fees(flat=eur(490))

    fees = fees_for([charged(1000, flat), charged(1000, flat, "2")])

    assert [(fee.kind, fee.amount.minor) for fee in fees] == [(FeeKind.FLAT, 490)]


def test_lines_carry_together_what_each_of_them_states() -> None:
    flat = Fees(flat=eur(490))

    assert total(fees_for([charged(300, flat), charged(300, flat, "2")])) == 490
    assert total(fees_for([charged(300, flat), charged(300, None, "2")])) == 300


def test_what_a_line_states_above_others_is_taken_of_its_own_money() -> None:
    """Else it would matter which of the two was refunded first."""
    cheap, dear = charged(1000, Fees(flat=eur(300))), charged(100, Fees(flat=eur(500)), "2")

    assert total(fees_for([cheap, dear])) == 400


def test_a_flat_fee_that_was_taken_is_not_taken_again_by_the_next_refund() -> None:
    flat = Fees(flat=eur(490), shipping=eur(300))

    first = fees_for([charged(600, flat)])
    second = fees_for([charged(1000, flat, earlier=600)], first)

    assert [(fee.kind, fee.amount.minor) for fee in first] == [
        (FeeKind.FLAT, 490),
        (FeeKind.SHIPPING, 110),
    ]
    assert [(fee.kind, fee.amount.minor) for fee in second] == [(FeeKind.SHIPPING, 190)]


def test_fees_that_a_rule_sets_to_nothing_are_waived() -> None:
    assert fees_for([charged(1000, Fees())]) == []
    assert fees_for([charged(1000, None)]) == []


def test_money_that_turned_out_to_be_free_of_fees_gives_none_back() -> None:
    """Taken of a unit whose fault was ours: the next refund takes that much less."""
    stated = Fees(restocking=1000)
    first = fees_for([charged(1000, stated)])

    second = fees_for([charged(1500, stated)], first)

    assert (total(first), total(second)) == (100, 50)
    assert fees_for([charged(500, stated)], first) == []


def test_the_tax_that_a_fee_contains_is_stated() -> None:
    (fee,) = fees_for([charged(10_000, Fees(shipping=eur(490), tax_rate=1900))])

    assert fee.tax == eur(78)


def test_the_tax_is_that_of_the_line_that_states_the_most() -> None:
    lines = [
        charged(5000, Fees(flat=eur(100), tax_rate=1000)),
        charged(5000, Fees(flat=eur(200), tax_rate=2500), "2"),
        charged(0, Fees(flat=eur(300), tax_rate=9000), "3"),
    ]

    (fee,) = fees_for(lines)

    assert (fee.amount, fee.tax) == (eur(200), eur(40))


def test_a_fee_in_another_currency_is_not_taken() -> None:
    assert fees_for([charged(1000, Fees(flat=Money(490, "USD")))]) == []


Line = tuple[Fees | None, list[int]]
"""What a line states, and the parts in which it is refunded."""
LINES = st.lists(
    st.tuples(st.none() | build.fees, st.lists(st.integers(0, 3000), min_size=1, max_size=4)),
    min_size=1,
    max_size=4,
)


def refunded_apart(lines: list[Line], order: list[int]) -> list[tuple[int, list[Fee]]]:
    """Each part in a refund of its own, in this order of lines: the refund and its fees."""
    parts = {no: list(amounts) for no, (_, amounts) in enumerate(lines)}
    earlier = dict.fromkeys(parts, 0)
    taken: list[Fee] = []
    done = []
    for no in order:
        now = parts[no].pop()
        fees = fees_for(
            [
                charged(now if other == no else 0, lines[other][0], str(other), earlier[other])
                for other in parts
            ],
            taken,
        )
        earlier[no] += now
        taken += fees
        done.append((now, fees))
    return done


def amounts(fees: list[Fee]) -> dict[tuple[FeeKind, str | None], int]:
    found: dict[tuple[FeeKind, str | None], int] = {}
    for fee in fees:
        place = fee.kind, fee.line_no
        found[place] = found.get(place, 0) + fee.amount.minor
    return found


@given(st.data(), LINES)
def test_any_order_of_partial_refunds_takes_what_one_refund_takes(
    data: st.DataObject, lines: list[Line]
) -> None:
    whole = fees_for(
        [charged(sum(parts), stated, str(no)) for no, (stated, parts) in enumerate(lines)]
    )
    order = data.draw(
        st.permutations([no for no, (_, parts) in enumerate(lines) for _ in parts]), "order"
    )

    taken = [fee for _, fees in refunded_apart(lines, order) for fee in fees]

    assert amounts(taken) == amounts(whole)


@given(st.data(), LINES)
def test_fees_never_exceed_the_refund_they_are_taken_of(
    data: st.DataObject, lines: list[Line]
) -> None:
    order = data.draw(
        st.permutations([no for no, (_, parts) in enumerate(lines) for _ in parts]), "order"
    )

    done = refunded_apart(lines, order)

    assert all(total(fees) <= refund for refund, fees in done)
    assert sum(total(fees) for _, fees in done) <= sum(refund for refund, _ in done)
    every = [fee for _, fees in done for fee in fees]
    assert all(fee.amount.minor > 0 and 0 <= fee.tax.minor <= fee.amount.minor for fee in every)


@given(LINES)
def test_no_line_pays_more_than_was_refunded_of_it_and_once_is_once(lines: list[Line]) -> None:
    fees = fees_for(
        [charged(sum(parts), stated, str(no)) for no, (stated, parts) in enumerate(lines)]
    )

    for fee in fees:
        if fee.line_no is not None:
            assert fee.amount.minor <= sum(lines[int(fee.line_no)][1])
    for kind in (FeeKind.FLAT, FeeKind.SHIPPING):
        highest = max(
            (getattr(stated, kind) or eur(0) for stated, _ in lines if stated), default=eur(0)
        )
        assert sum(fee.amount.minor for fee in fees if fee.kind is kind) <= highest.minor


@given(build.fees, st.lists(st.integers(0, 3000), min_size=1, max_size=5))
def test_the_tax_of_partial_refunds_is_that_of_the_whole(stated: Fees, parts: list[int]) -> None:
    lines: list[Line] = [(stated, parts)]
    whole = fees_for([charged(sum(parts), stated)])

    taken = [fee for _, fees in refunded_apart(lines, [0] * len(parts)) for fee in fees]

    assert sum(fee.tax.minor for fee in taken) == sum(fee.tax.minor for fee in whole)


@given(st.integers(0, 10_000), st.integers(0, 10_000), st.integers(0, 5000))
def test_a_portion_grows_with_its_amount_and_never_faster(parts: int, low: int, more: int) -> None:
    steps = [portion(eur(amount), parts).minor for amount in (low, low + more)]

    assert all(0 <= after - before <= more for before, after in pairwise(steps))

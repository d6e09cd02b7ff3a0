"""Reserving and releasing units of a line: the books of who holds what always agree."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core import runs
from chalicelib.core.errors import Conflict
from chalicelib.core.runs import Run
from chalicelib.orders import returnable
from chalicelib.orders.model import DeliveredItem, HolderKind
from tests.builders import delivery, line, order

steps = st.lists(
    st.tuples(st.sampled_from(["take", "free"]), st.integers(0, 3), st.integers(1, 5)),
    max_size=20,
)


@given(st.integers(0, 12), steps)
def test_whatever_is_taken_and_freed_nothing_is_held_twice_or_above_what_was_shipped(
    shipped: int, acts: list[tuple[str, int, int]]
) -> None:
    item = DeliveredItem(line_no="1", quantity=shipped)
    sold = order(line(quantity=12), deliveries=(delivery(item),) if shipped else ())
    held: dict[int, set[int]] = {}
    for act, holder, count in acts:
        present = sold.lines[0]
        mine = held.setdefault(holder, set())
        if act == "take" and count <= returnable.returnable_quantity(sold, present):
            units = returnable.choose(sold, present, count)
            kind = HolderKind.RETURN
            sold = returnable.reserve(sold, "1", holder_id=str(holder), kind=kind, units=units)
            mine |= {o for run in units for o in range(run.first, run.last + 1)}
        elif act == "free" and mine:
            freed = sorted(mine)[:count]
            units = runs.of_ordinals(freed)
            sold = returnable.release(sold, "1", holder_id=str(holder), units=units)
            mine -= set(freed)
        together = [o for ordinals in held.values() for o in ordinals]
        assert len(together) == len(set(together)) <= shipped
        free = returnable.returnable_quantity(sold, sold.lines[0])
        assert free == shipped - len(together)
        assert runs.size(returnable.held(sold.lines[0])) == len(together)


def test_freed_units_are_taken_again_first() -> None:
    sold = order(line(quantity=5))
    for holder in ("a", "b"):
        units = returnable.choose(sold, sold.lines[0], 2)
        sold = returnable.reserve(sold, "1", holder_id=holder, kind=HolderKind.RETURN, units=units)
    sold = returnable.release(sold, "1", holder_id="a", units=(Run(1, 2),))

    assert returnable.choose(sold, sold.lines[0], 3) == (Run(1, 2), Run(5, 1))


def test_serials_and_lots_follow_the_order_of_the_deliveries() -> None:
    parcels = (
        delivery(DeliveredItem(line_no="1", quantity=2, lot="L1"), no="D-1"),
        delivery(
            DeliveredItem(line_no="2", quantity=1),
            DeliveredItem(line_no="1", quantity=2, lot="L2", serials=("c", "d")),
            no="D-2",
        ),
    )
    sold = order(line(quantity=4), line("2"), deliveries=parcels)

    assert returnable.serials_by_ordinal(sold, "1") == {3: "c", 4: "d"}
    assert returnable.lots_by_run(sold, "1") == [(Run(1, 2), "L1"), (Run(3, 2), "L2")]
    assert returnable.choose(sold, sold.lines[0], 2, ["d"]) == (Run(1, 1), Run(4, 1))


@pytest.mark.parametrize(
    ("serials", "code"),
    [(("x",), "serial_not_shipped"), (("a", "a"), "serial_already_returned")],
)
def test_serials_that_cannot_come_back_are_refused(serials: tuple[str, ...], code: str) -> None:
    shipped = delivery(DeliveredItem(line_no="1", quantity=2, serials=("a", "b")))
    sold = order(line(quantity=2), deliveries=(shipped,))

    with pytest.raises(Conflict, match=code):
        returnable.choose(sold, sold.lines[0], 2, serials)


def test_a_serial_that_is_in_another_return_is_refused() -> None:
    shipped = delivery(DeliveredItem(line_no="1", quantity=2, serials=("a", "b")))
    sold = order(line(quantity=2), deliveries=(shipped,))
    sold = returnable.reserve(sold, "1", holder_id="r", kind=HolderKind.RETURN, units=(Run(1, 1),))

    with pytest.raises(Conflict, match="serial_already_returned"):
        returnable.choose(sold, sold.lines[0], 1, ["a"])

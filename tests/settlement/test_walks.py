"""Whatever happens to refunds, in whatever order: each is paid once, and the books agree."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.returns.transitions import TRANSITIONS, Axis, Command
from tests.returns.moves import Move, unknown
from tests.settlement.refunding import books
from tests.settlement.walking import ACTS, OF_REFUNDS, Walk

WALKS, STEPS = 100, 40


@dataclass(frozen=True, slots=True)
class Drawn:
    """Numbers that Hypothesis draws, so that it can shrink them."""

    data: st.DataObject

    def upto(self, most: int) -> int:
        return self.data.draw(st.integers(0, most))


@dataclass(frozen=True, slots=True)
class Rolled:
    """Numbers of a seed."""

    random: Random

    def upto(self, most: int) -> int:
        return self.random.randint(0, most)


@settings(max_examples=60)
@given(st.data())
def test_after_every_step_the_books_the_payments_and_the_provider_agree(
    data: st.DataObject,
) -> None:
    walk = Walk(Drawn(data))
    walk.check()

    for _ in range(data.draw(st.integers(1, 25))):
        walk.step()


@pytest.fixture(scope="module")
def walks() -> list[Walk]:
    return [_walked(seed) for seed in range(WALKS)]


def _walked(seed: int) -> Walk:
    walk = Walk(Rolled(Random(seed)))
    for _ in range(STEPS):
        walk.step()
    return walk


def test_every_way_of_these_commands_is_gone_and_no_other(walks: list[Walk]) -> None:
    gone: dict[Command, set[Move]] = defaultdict(set)
    for walk in walks:
        for command, found in walk.gone.items():
            gone[command] |= found

    assert {command: unknown(command, found) for command, found in gone.items()} == {
        command: set() for command in gone
    }
    assert _missing(gone) == []


def test_all_that_may_happen_does_happen(walks: list[Walk]) -> None:
    happened = Counter(name for walk in walks for name in walk.done)
    killed = {f"{name}, killed" for name in ("settle", "retry", "approve")}

    assert set(happened) == set(ACTS) | killed


def test_whatever_happened_every_refund_can_be_brought_to_its_end(walks: list[Walk]) -> None:
    for seed, walk in enumerate(walks):
        walk.finish()

        for ret in walk.returns:
            balances = books(walk.shop, ret.subject)
            assert (balances.owed().minor, balances.under_way().minor) == (0, 0), seed
            now = walk.shop.now_is(ret)
            assert all(one.is_finished for one in now.settlements), seed


def _missing(gone: dict[Command, set[Move]]) -> list[str]:
    """Targets that no unit was led to."""
    return [
        f"{row.command}: {target}"
        for row in TRANSITIONS
        if row.command in OF_REFUNDS and row.axis is Axis.SETTLEMENT
        for target in row.targets - row.origins
        if not any(now is target and was in row.origins for _, was, now in gone[row.command])
    ]

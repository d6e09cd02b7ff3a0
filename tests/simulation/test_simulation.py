"""The model and the real use cases agree, whatever people do in whatever order.

The full run is promise 3 of `make prove`; here are a few short days, and the same rules under
Hypothesis, which makes what it finds small. The judge itself is tried with spoilt records.
"""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from chalicelib.core.money import Money
from chalicelib.core.runs import Run
from chalicelib.inventory.model import Account
from chalicelib.returns.model import Disposition, Return
from chalicelib.store import keys
from tests.simulation.driver import Duel, Failed, replay, run, shortest
from tests.simulation.judging import Disagreement
from tests.simulation.planning import next_step
from tests.simulation.steps import Step

STEPS = 300


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_day_goes_as_the_model_says(seed: int) -> None:
    duel = run(seed, STEPS)

    assert duel.steps == STEPS
    assert duel.refused < STEPS * 2 / 3, "most of a day is work"


class Drawn:
    """Chance by Hypothesis: the first option is the plainest."""

    def __init__(self, data: st.DataObject) -> None:
        self._data = data

    def upto(self, highest: int) -> int:
        return int(self._data.draw(st.integers(0, highest)))


class Days(RuleBasedStateMachine):
    """Every step is one that the planner would take."""

    def __init__(self) -> None:
        super().__init__()
        self.duel = Duel()

    @rule(data=st.data())
    def somebody_acts(self, data: st.DataObject) -> None:
        self.duel.do(next_step(self.duel.world, Drawn(data), self.duel.steps + 1))

    def teardown(self) -> None:
        self.duel.compare_all()


TestDays = Days.TestCase
TestDays.settings = settings(
    max_examples=10,
    stateful_step_count=40,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
SALE = Step(
    "sale",
    "sell",
    given={
        "lines": [("TEA", 3, 3, 1000, 0)],
        "discount": 0,
        "payments": [("card", "sandbox", 3000), ("other", "manual", 0)],
        "spare": [],
    },
)


def came_back() -> Duel:
    """One unit is restocked and paid, one is rejected."""
    wish = {"order": "sale", "wishes": [("1", 2, "CHANGED_MIND", None)], "submit": True}
    return replay(
        SALE,
        Step("ret", "ask", given=wish),
        Step("yes", "approve", "ret", given={"lines": {"1": 1}}),
        Step("in", "receive", "ret", given={"warehouse": "W1", "items": [("TEA", 2)]}),
        Step("see", "inspect", "ret", given={"groups": [("1", 1, "A", "PASSED", True)]}),
        Step("up", "dispose", "ret", given={"items": [("1", 1, "RESTOCK", "UNDECIDED")]}),
        Step("pay", "settle", "ret", given={"outcomes": {"card": "paid"}}),
    )


def _spoil_return(duel: Duel, change: Callable[[Return], Return]) -> None:
    ret = duel.reality.return_("ret")
    assert ret is not None, "it was asked for"
    duel.reality.store.records[keys.key_of(ret)] = change(ret)


def _with_group(ret: Return, place: int, **changes: object) -> Return:
    line = ret.lines[0]
    groups = list(line.groups)
    groups[place] = replace(groups[place], **changes)  # type: ignore[arg-type]  # fields of a group
    return ret.with_line(replace(line, groups=tuple(groups)))


def forget_the_release(duel: Duel) -> None:
    order = duel.reality.order("sale")
    line = order.lines[0]
    (held,) = line.reservations
    line = replace(line, reservations=(replace(held, units=(Run(1, 2),)),))
    duel.reality.store.records[keys.key_of(order)] = replace(order, lines=(line,))


def forget_the_payment(duel: Duel) -> None:
    order = duel.reality.order("sale")
    card = replace(order.payments[0], refunded_by_us=Money(0, "EUR"))
    payments = (card, *order.payments[1:])
    duel.reality.store.records[keys.key_of(order)] = replace(order, payments=payments)


def lose_goods(duel: Duel) -> None:
    place = keys.balance("W1", "TEA", None, Account.AVAILABLE)
    held = duel.reality.store.stock[place]
    duel.reality.store.stock[place] = replace(held, quantity=held.quantity - 1)


def scrap_without_posting(duel: Duel) -> None:
    def change(ret: Return) -> Return:
        return _with_group(ret, 0, disposition=Disposition.SCRAP, account=Account.SCRAPPED)

    _spoil_return(duel, change)


def close_an_exception(duel: Duel) -> None:
    _spoil_return(duel, lambda ret: replace(ret, open_exceptions=0))


def _spoil_leg(duel: Duel, **changes: object) -> None:
    def change(ret: Return) -> Return:
        (settlement,) = ret.settlements
        (leg,) = settlement.legs
        leg = replace(leg, **changes)  # type: ignore[arg-type]  # fields of a leg
        return replace(ret, settlements=(replace(settlement, legs=(leg,)),))

    _spoil_return(duel, change)


def say_that_a_person_paid(duel: Duel) -> None:
    _spoil_leg(duel, provider="manual")


def pay_too_little(duel: Duel) -> None:
    _spoil_leg(duel, amount=Money(999, "EUR"))


def post_twice(duel: Duel) -> None:
    ret = duel.reality.return_("ret")
    assert ret is not None, "it was asked for"
    duel.ledger.money[ret.subject]["refunded", "card"] -= 1000
    duel.ledger.money[ret.subject]["customer_due", None] += 1000


def send_unasked(duel: Duel) -> None:
    paid = duel.reality.provider.refunds
    paid["stl:card:2"] = next(iter(paid.values()))


def dispute_nothing(duel: Duel) -> None:
    order = duel.reality.order("sale")
    duel.ledger.money[order.subject]["disputed", "card"] += 1


SPOILS: list[tuple[Callable[[Duel], None], str]] = [
    (forget_the_release, "held of line 1"),
    (forget_the_payment, "payments"),
    (lose_goods, "stock"),
    (scrap_without_posting, "units stand"),
    (close_an_exception, "open exceptions"),
    (say_that_a_person_paid, "legs"),
    (pay_too_little, "legs"),
    (post_twice, "books"),
    (dispute_nothing, "books"),
    (send_unasked, "bank"),
]


@pytest.mark.parametrize(("spoil", "words"), SPOILS, ids=[one.__name__ for one, _ in SPOILS])
def test_the_judge_notices_what_is_spoilt(spoil: Callable[[Duel], None], words: str) -> None:
    duel = came_back()
    duel.compare_all()

    spoil(duel)

    with pytest.raises(Disagreement, match=words):
        duel.compare_all()


def test_what_fails_is_told_as_the_shortest_test() -> None:
    wish = {"order": "sale", "wishes": [("1", 1, "CHANGED_MIND", None)], "submit": True}
    steps = [SALE, Step("a", "ask", given=wish), Step("b", "ask", given=wish)]
    wrong = Step("c", "receive", "b", given={"warehouse": "nowhere", "items": []})
    with pytest.raises(Exception, match="item_count") as fault:
        replay(*steps, Step("b2", "approve", "b"), wrong)

    kept = shortest([*steps, Step("b2", "approve", "b"), wrong], f"Disagreement: {fault.value}")

    assert [step.id for step in kept] == ["sale", "b", "b2", "c"]
    told = str(Failed(7, "it broke", kept))
    assert "def test_found_by_seed_7() -> None:" in told
    assert "        Step('b2', 'approve', 'b')," in told

"""A second inspector looks at a sample unseen: who, at what, and what disagreement leads to."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from chalicelib.core.commands import Decided
from chalicelib.core.errors import Conflict, Invalid, NotAllowed
from chalicelib.core.events import Actor, Context
from chalicelib.inspection.rules import Sampling
from chalicelib.inspection.second import InspectAgain, SeenTwice, inspect_again
from chalicelib.inspection.second_records import SecondInspection, SecondOutcome
from chalicelib.orders.model import DeliveredItem
from chalicelib.returns.inspecting import Inspect, InspectedGroup, inspect
from chalicelib.returns.model import Disposition, FaultParty, Grade, Return
from chalicelib.returns.reinspecting import Reinspect, reinspect
from chalicelib.returns.selection import NamedQuantity
from chalicelib.tasks.model import Task, TaskKind, TaskState
from tests.builders import NOW, Shop, delivery, failed, goes, item, line, order, passed, restock
from tests.fake_reads import Reader
from tests.fakes import FakeStore
from tests.inspection.lists import checklist, publishes, samples


def came(shop: Shop, quantity: int = 3) -> Return:
    serials = tuple(f"SN-{no}" for no in range(1, quantity + 1))
    shipped = delivery(DeliveredItem(line_no="1", quantity=quantity, serials=serials))
    shop.sells(order(line(quantity=quantity, category="phones"), deliveries=(shipped,)))
    ret = shop.approves(shop.asks(quantity=quantity))
    return shop.receives(ret, item(quantity=quantity)).ret


def by(shop: Shop, person: str) -> Context:
    return replace(shop.context(), actor=Actor(id=person, role="inspector"))


def looks(
    shop: Shop, ret: Return, *groups: InspectedGroup, who: str = "second", **more: Any
) -> SecondInspection:
    """A second look at the first inspection of the return that waits for one."""
    waiting = shop.now_is(ret).findings.second_looks[0]
    command = InspectAgain(inspection_id=waiting.inspection_id, groups=groups, **more)

    def decide(reads: Reader, context: Context) -> Decided[SeenTwice]:
        return inspect_again(reads, ret.return_id, command, context)

    return shop.do(decide, by(shop, who)).second


def tasks(shop: Shop, kind: TaskKind) -> list[Task]:
    assert isinstance(shop.store, FakeStore)
    found = (one for one in shop.store.records.values() if isinstance(one, Task))
    return [task for task in found if task.kind is kind]


def test_an_inspection_of_the_sample_opens_a_task_for_somebody_else(shop: Shop) -> None:
    samples(shop)
    ret = came(shop)

    done = shop.inspects(ret, passed(2))

    (look,) = done.findings.second_looks
    (task,) = tasks(shop, TaskKind.SECOND_INSPECTION)
    assert (look.size, look.first_by, look.task_id) == (2, "someone", task.task_id)
    assert (task.role, task.warehouse, task.reasons) == ("inspector", "A", ("sample",))


def test_nothing_is_sampled_unless_somebody_says_so(shop: Shop) -> None:
    done = shop.inspects(came(shop), passed(2))

    assert done.findings.second_looks == ()
    assert tasks(shop, TaskKind.SECOND_INSPECTION) == []


def test_the_sample_is_drawn_by_id_time_and_seed_and_comes_to_its_share() -> None:
    def drawn(sampling: Sampling, at: datetime = NOW) -> list[int]:
        return [no for no in range(20_000) if sampling.draws(f"ins_{no}", at)]

    sampling = Sampling(share=500, seed="2027")

    assert drawn(sampling) == drawn(sampling)
    assert 900 < len(drawn(sampling)) < 1_100
    assert drawn(sampling) != drawn(replace(sampling, seed="x"))
    assert drawn(replace(sampling, share=0)) == []
    assert len(drawn(replace(sampling, share=10_000))) == 20_000


def test_who_chooses_the_id_of_a_command_does_not_choose_whether_it_is_looked_at_twice() -> None:
    """The id follows from the key that a client sends; the moment is ours."""
    sampling = Sampling(share=5_000)
    moments = [NOW + timedelta(milliseconds=number) for number in range(64)]

    assert len({sampling.draws("ins_of_my_choice", at) for at in moments}) == 2


def test_a_checklist_may_want_more_or_fewer_second_looks(shop: Shop) -> None:
    samples(shop)
    publishes(shop, checklist(strict=False, second_share=0))

    assert shop.inspects(came(shop), passed(1)).findings.second_looks == ()


def test_the_first_inspections_of_a_new_inspector_are_always_looked_at(shop: Shop) -> None:
    samples(shop, share=0, first_of_new=2)
    ret = came(shop, 4)

    for _ in range(3):
        done = shop.inspects(ret, passed(1))

    assert len(done.findings.second_looks) == 2
    assert {task.reasons for task in tasks(shop, TaskKind.SECOND_INSPECTION)} == {
        ("new_inspector",)
    }
    other = Inspect(groups=(passed(1),))
    done = shop.do(
        lambda reads, context: inspect(reads, ret.return_id, other, context), by(shop, "other")
    )
    assert len(done.findings.second_looks) == 3


def test_who_looked_first_does_not_look_a_second_time(shop: Shop) -> None:
    samples(shop)
    ret = shop.inspects(came(shop), passed(1))

    with pytest.raises(NotAllowed, match="second_by_first"):
        looks(shop, ret, passed(1), who="someone")


def test_agreement_ends_the_task_and_changes_nothing(shop: Shop) -> None:
    samples(shop)
    ret = shop.inspects(came(shop), passed(2), failed(1, defects=("BROKEN",)))

    second = looks(shop, ret, failed(1, defects=("BROKEN",)), passed(2))

    after = shop.now_is(ret)
    assert second.outcome is SecondOutcome.AGREED
    assert after.lines == ret.lines
    assert after.findings.second_looks == ()
    assert [one.state for one in tasks(shop, TaskKind.SECOND_INSPECTION)] == [TaskState.DONE]
    assert tasks(shop, TaskKind.GRADING) == []


def test_disagreement_asks_a_reviewer(shop: Shop) -> None:
    samples(shop)
    ret = shop.inspects(came(shop), passed(2))

    second = looks(shop, ret, passed(1), passed(1, grade=Grade.C, fault=FaultParty.CUSTOMER))

    told = second.comparison
    assert second.outcome is SecondOutcome.DISAGREED
    assert (told.units, told.agreed, told.grade, told.result, told.fault) == (2, 1, 1, 2, 1)
    assert [(p.first, p.second, p.units) for p in told.pairs] == [
        (Grade.A, Grade.A, 1),
        (Grade.A, Grade.C, 1),
    ]
    (task,) = tasks(shop, TaskKind.GRADING)
    assert (task.role, task.reasons) == ("reviewer", ("second_inspection_disagrees",))


def test_units_with_serial_numbers_are_compared_one_by_one(shop: Shop) -> None:
    samples(shop)
    ret = shop.inspects(came(shop, 2), passed(1, serials=("SN-1",)), failed(1, serials=("SN-2",)))

    second = looks(shop, ret, passed(1, serials=("SN-2",)), failed(1, serials=("SN-1",)))

    assert (second.comparison.units, second.comparison.agreed) == (2, 0)


@pytest.mark.parametrize(
    ("groups", "code"),
    [
        ((passed(1),), "quantity_differs"),
        ((passed(3),), "quantity_differs"),
        ((passed(2, "9"),), "unknown_line"),
        ((passed(1, serials=("SN-3",)), passed(1)), "serial_not_waiting"),
        ((passed(2, serials=("SN-1", "SN-1")),), "serial_not_waiting"),
        ((passed(1, serials=("SN-1", "SN-2")), passed(1)), "serial_count"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_exactly_the_units_that_wait_are_looked_at(
    shop: Shop, groups: tuple[InspectedGroup, ...], code: str
) -> None:
    samples(shop)
    ret = shop.inspects(came(shop), passed(2, serials=("SN-1", "SN-2")))

    with pytest.raises(Invalid, match="second_incomplete") as refused:
        looks(shop, ret, *groups)

    assert code in [one.code for one in refused.value.errors]


def test_a_second_look_is_taken_once(shop: Shop) -> None:
    samples(shop)
    ret = shop.inspects(came(shop), passed(1))
    (look,) = ret.findings.second_looks
    looks(shop, ret, passed(1))

    command = InspectAgain(inspection_id=look.inspection_id, groups=(passed(1),))
    with pytest.raises(Conflict, match="second_not_open"):
        shop.do(
            lambda reads, context: inspect_again(reads, ret.return_id, command, context),
            by(shop, "third"),
        )


def test_goods_that_nobody_can_see_any_more_are_dropped_from_the_sample(shop: Shop) -> None:
    samples(shop)
    ret = shop.inspects(came(shop), passed(1))

    second = looks(shop, ret, gone_because="sold already")

    assert second.outcome is SecondOutcome.DROPPED
    assert second.comparison.units == 0
    assert [one.state for one in tasks(shop, TaskKind.SECOND_INSPECTION)] == [TaskState.DONE]


@pytest.mark.parametrize("way", [Disposition.SCRAP, Disposition.DONATE, Disposition.RTV])
def test_goods_are_not_gone_for_good_before_the_second_look(shop: Shop, way: Disposition) -> None:
    samples(shop)
    ret = shop.inspects(came(shop), passed(2))

    with pytest.raises(Conflict, match="second_look_open"):
        shop.disposes(ret, goes(way, 1))


def test_goods_that_can_be_found_again_may_be_put_on_the_shelf(shop: Shop) -> None:
    samples(shop)
    ret = shop.inspects(came(shop), passed(2))

    shop.disposes(ret, restock(2))
    second = looks(shop, ret, passed(2))

    assert second.outcome is SecondOutcome.AGREED


def again(shop: Shop, ret: Return, quantity: int) -> Return:
    lines = (NamedQuantity(line_no="1", quantity=quantity),)
    command = Reinspect(reason="WRONG_GRADE", lines=lines)
    return shop.do(lambda reads, context: reinspect(reads, ret.return_id, command, context))


def test_units_that_are_inspected_again_leave_the_sample(shop: Shop) -> None:
    samples(shop)
    ret = shop.inspects(came(shop), passed(2))

    assert again(shop, ret, 1).findings.second_looks[0].size == 1
    assert again(shop, ret, 1).findings.second_looks == ()

    assert [one.state for one in tasks(shop, TaskKind.SECOND_INSPECTION)] == [TaskState.DONE]


def test_a_race_for_the_same_second_look_is_won_once(shop: Shop) -> None:
    samples(shop)
    ret = shop.inspects(came(shop), passed(1))
    assert isinstance(shop.store, FakeStore)
    (look,) = ret.findings.second_looks
    command = InspectAgain(inspection_id=look.inspection_id, groups=(passed(1),))
    shop.store.meanwhile(lambda: looks(shop, ret, passed(1), who="faster"))

    with pytest.raises(Conflict, match="second_not_open"):
        shop.do(
            lambda reads, context: inspect_again(reads, ret.return_id, command, context),
            by(shop, "slower"),
        )

    (kept,) = shop.store.reads().second_inspections(ret.return_id)
    assert kept.second_by == "faster"


def test_the_event_tells_counts_and_references_only(shop: Shop) -> None:
    samples(shop)
    ret = shop.inspects(came(shop), passed(1))
    looks(shop, ret, passed(1, notes="scratched by Ann"))

    event = shop.store.reads().events(ret.subject)[-1]

    assert event.type == "return.second_inspected"
    assert (event.data["first_by"], event.data["second_by"]) == ("someone", "second")
    assert event.data["grades"] == [{"first": "A", "second": "A", "units": 1}]
    assert "Ann" not in str(event.data)

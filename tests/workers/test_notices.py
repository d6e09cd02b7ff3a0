"""Events make notices, and the partner is told each revision until it answers."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pytest

from chalicelib import wiring
from chalicelib.core.errors import TransientError
from chalicelib.core.events import Json
from chalicelib.notices.model import NoticeState, notice_id_for
from chalicelib.notices.partners import Partner, SetUp, set_up
from chalicelib.notices.sending import PartnerAnswer, PartnerLine, Told
from chalicelib.returns.model import Return
from chalicelib.returns.parcels import stack
from chalicelib.tasks.model import TaskKind, task_id_for
from chalicelib.workers import notices
from tests.builders import Shop, item, line, order
from tests.notices.stories import boxed, cancels, prepares
from tests.shipping.stories import sends
from tests.stage import Stage


@dataclass
class FakePartner:
    """Answers as its script says, then takes everything."""

    script: list[PartnerAnswer] = field(default_factory=list)
    told: list[tuple[str, dict[str, Json]]] = field(default_factory=list)
    meanwhile: list[Callable[[], object]] = field(default_factory=list)

    def tell(
        self, partner: Partner, message_id: str, body: dict[str, Json], *, now: datetime
    ) -> Told:
        answer = self.script.pop(0) if self.script else PartnerAnswer.TAKEN
        self.told.append((message_id, body))
        if self.meanwhile:
            self.meanwhile.pop()()
        return Told(answer=answer, fault=None if answer is PartnerAnswer.TAKEN else "timeout")


@pytest.fixture
def shop(stage: Stage) -> Shop:
    assert stage.queue_urls
    shop = Shop(wiring.commands())
    command = SetUp(endpoint="https://wms.example.com/", secret="wms")
    shop.do(lambda reads, context: set_up(reads, "A", command, context))
    return shop


def coming(shop: Shop) -> Return:
    shop.sells(order(line(quantity=2)))
    return shop.approves(shop.asks(quantity=2))


def tell(shop: Shop, ret: Return, partner: FakePartner, **more: Json) -> int:
    way: Callable[[], PartnerLine] = lambda: partner  # noqa: E731 - typed as the port
    data: dict[str, Json] = {"return_id": ret.return_id, **more}
    return notices.give_notice(wiring.commands(), way, data, shop.context())


def test_a_notice_is_told_once_for_each_revision(shop: Shop) -> None:
    ret, partner = coming(shop), FakePartner()

    assert [tell(shop, ret, partner), tell(shop, ret, partner)] == [1, 0]
    sends(shop, ret)
    assert tell(shop, ret, partner) == 1

    notice_id = notice_id_for("A", return_id=ret.return_id)
    assert [name for name, _ in partner.told] == [f"{notice_id}.1", f"{notice_id}.2"]
    stored = wiring.reads().notice(notice_id)
    assert stored is not None
    assert (stored.state, stored.sent_revision) == (NoticeState.SENT, 2)


def test_a_partner_that_does_not_answer_is_told_again_until_a_person_has_to(shop: Shop) -> None:
    ret, partner = coming(shop), FakePartner(script=[PartnerAnswer.UNKNOWN] * 5)

    for _ in range(4):
        with pytest.raises(TransientError, match="partner_unreachable"):
            tell(shop, ret, partner)
    tell(shop, ret, partner)

    assert tell(shop, ret, partner) == 0
    subject = f"notice/{notice_id_for('A', return_id=ret.return_id)}"
    task = wiring.reads().task(task_id_for(TaskKind.NOTICE, subject, "1"))
    assert task is not None
    assert (task.role, task.warehouse) == ("warehouse", "A")
    assert len(partner.told) == 5


def test_what_names_no_return_is_left_alone(shop: Shop) -> None:
    partner = FakePartner()

    said: list[Json] = [None, {}, {"return_id": 7}, {"return_id": "ret_x"}, {"parcel_no": "PAL"}]
    for data in said:
        told = notices.give_notice(wiring.commands(), lambda: partner, data, shop.context())
        assert told == 0


def test_a_partner_that_was_switched_off_is_not_told(shop: Shop) -> None:
    ret, partner = coming(shop), FakePartner(script=[PartnerAnswer.UNKNOWN])
    with pytest.raises(TransientError):
        tell(shop, ret, partner)
    command = SetUp(endpoint="https://wms.example.com/", secret="wms", is_on=False)
    shop.do(lambda reads, context: set_up(reads, "A", command, context))

    tell(shop, ret, partner)

    assert len(partner.told) == 1


def test_the_events_it_follows_are_events_that_there_are() -> None:
    """A renamed event would silently never be followed."""
    rooms = Path(wiring.__file__).parents[1]
    text = "".join(
        path.read_text() for path in rooms.rglob("*.py") if path.parent.name != "workers"
    )

    assert [name for name in sorted(notices.AFTER) if f'"{name}"' not in text] == []


def test_goods_that_came_in_elsewhere_are_told_and_those_that_came_here_are_not(
    shop: Shop,
) -> None:
    ret, partner = coming(shop), FakePartner()
    tell(shop, ret, partner)

    shop.receives(ret, item(quantity=1))
    here: dict[str, Json] = {"warehouse": "A", "receipt_warehouse": "A"}
    assert tell(shop, ret, partner, **here) == 0
    shop.receives(ret, item(quantity=1), warehouse="B")
    assert tell(shop, ret, partner, **(here | {"receipt_warehouse": "B"})) == 1

    assert '"quantity": 1' in json.dumps(partner.told[-1])


def test_a_partner_that_took_it_while_it_was_called_off_is_told_that_it_is_over(
    shop: Shop,
) -> None:
    ret = coming(shop)

    def called_off() -> None:
        cancels(shop, ret)
        prepares(shop, ret)

    partner = FakePartner(meanwhile=[called_off])

    with pytest.raises(TransientError, match="partner_unreachable"):
        tell(shop, ret, partner)
    tell(shop, ret, partner)

    assert [body["type"] for _, body in partner.told] == ["notice.announced", "notice.cancelled"]


def test_a_pallet_takes_over_the_notices_of_its_returns_in_one_command(shop: Shop) -> None:
    partner = FakePartner()
    returns = []
    for number in range(4):
        shop.sells(order(line(), no=f"O-{number}"))
        returns.append(shop.approves(shop.asks(f"O-{number}")))
    for ret in returns:
        prepares(shop, ret)
    for box, start in (("B-1", 0), ("B-2", 2)):
        boxed(shop, box, *returns[start : start + 2])
    shop.do(lambda reads, context: stack(reads, "PAL", ("B-1", "B-2"), context, warehouse="A"))

    notices.give_notice(wiring.commands(), lambda: partner, {"parcel_no": "PAL"}, shop.context())

    reads = wiring.reads()
    own = [reads.notice(notice_id_for("A", return_id=ret.return_id)) for ret in returns]
    assert {one.state for one in own if one} == {NoticeState.CANCELLED}
    links = reads.notices_of([ret.subject for ret in returns])
    assert [link.pallets for link in links.values()] == [("PAL",)] * 4
    assert [body["type"] for _, body in partner.told] == ["notice.announced"]

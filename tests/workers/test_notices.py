"""Events make notices, and the partner is told each revision until it answers."""

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
from chalicelib.tasks.model import TaskKind, task_id_for
from chalicelib.workers import notices
from tests.builders import Shop, line, order
from tests.shipping.stories import sends
from tests.stage import Stage


@dataclass
class FakePartner:
    """Answers as its script says, then takes everything."""

    script: list[PartnerAnswer] = field(default_factory=list)
    told: list[tuple[str, dict[str, Json]]] = field(default_factory=list)

    def tell(
        self, partner: Partner, message_id: str, body: dict[str, Json], *, now: datetime
    ) -> Told:
        answer = self.script.pop(0) if self.script else PartnerAnswer.TAKEN
        self.told.append((message_id, body))
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


def tell(shop: Shop, ret: Return, partner: FakePartner) -> int:
    way: Callable[[], PartnerLine] = lambda: partner  # noqa: E731 - typed as the port
    data: dict[str, Json] = {"return_id": ret.return_id}
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

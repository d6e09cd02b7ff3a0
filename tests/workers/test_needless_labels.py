"""Labels that nobody needs any more: a worker tells their carrier, again where it is silent."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib import wiring
from chalicelib.core.commands import Answer
from chalicelib.returns import ending
from chalicelib.returns.model import Return, ShipmentState
from chalicelib.shipping.labelling import AskLabel
from chalicelib.store.execution import Commands
from chalicelib.workers.deliveries_queue import deliver_messages
from tests.builders import Shop
from tests.shipping.stories import approved
from tests.stage import Stage, run_queue_worker
from tools.sandbox_carrier import RunningCarrier, start
from tools.sandbox_carrier.books import Fault

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])


@pytest.fixture
def carrier(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Iterator[RunningCarrier]:
    running = start(hang_s=0.1)
    monkeypatch.setenv("SANDBOX_CARRIER_URL", running.url)
    wiring.carrier_desk.cache_clear()
    yield running
    running.stop()


@pytest.fixture
def shop(carrier: RunningCarrier) -> Shop:
    return Shop(Commands(table=wiring.core_table()))


@pytest.fixture
def ret(shop: Shop) -> Return:
    """A return that was cancelled after its label was made."""
    labelled = approved(shop, 1)
    wiring.carrier_desk().label(
        labelled.return_id,
        AskLabel(carrier="sandbox"),
        shop.context(),
        sees=lambda _: True,
        render=lambda _: Answer(status=201, body=b""),
        idempotency=None,
    )
    cancel = ending.Cancel(reason="KEEPS_IT")
    return shop.do(lambda reads, context: ending.cancel(reads, labelled.return_id, cancel, context))


def told(shop: Shop, ret: Return, kind: str = "return.cancelled", **more: Any) -> str:
    """The message of the last event of this type, as the queue holds it."""
    event = [one for one in shop.store.reads().events(ret.subject) if one.type == kind][-1]
    return json.dumps({"event": {**event.as_cloudevent("tuiku/test"), **more}})


def states(shop: Shop, ret: Return) -> list[ShipmentState]:
    return [one.state for one in shop.now_is(ret).shipments]


def test_the_end_of_a_return_voids_its_label_once(
    shop: Shop, ret: Return, carrier: RunningCarrier
) -> None:
    message = told(shop, ret)

    assert run_queue_worker(deliver_messages, message, message) == []
    assert run_queue_worker(deliver_messages, message) == []

    assert states(shop, ret) == [ShipmentState.VOIDED]
    assert [one.is_void for one in carrier.books.all()] == [True]
    events = [one.type for one in shop.store.reads().events(ret.subject)]
    assert events.count("label.voided") == 1


def test_a_silent_carrier_is_told_when_the_message_comes_again(
    shop: Shop, ret: Return, carrier: RunningCarrier, stage: Stage
) -> None:
    carrier.books.expect("void", "", [Fault.ERROR])

    assert run_queue_worker(deliver_messages, told(shop, ret)) == ["m0"]
    assert states(shop, ret) == [ShipmentState.LABELLED]

    assert run_queue_worker(deliver_messages, told(shop, ret)) == []
    assert states(shop, ret) == [ShipmentState.VOIDED]
    assert stage.messages("deliveries-dlq") == []


@pytest.mark.parametrize("data", [None, [], {}, {"return_id": 7}, {"return_id": "ret_nobody"}])
def test_an_event_that_names_no_return_has_nothing_to_void(
    shop: Shop, ret: Return, data: object
) -> None:
    assert run_queue_worker(deliver_messages, told(shop, ret, data=data)) == []

    assert states(shop, ret) == [ShipmentState.LABELLED]


def test_other_events_ask_no_carrier(shop: Shop, ret: Return, carrier: RunningCarrier) -> None:
    assert run_queue_worker(deliver_messages, told(shop, ret, kind="return.approved")) == []

    assert states(shop, ret) == [ShipmentState.LABELLED]
    assert [one.is_void for one in carrier.books.all()] == [False]

"""A full pallet is one command in numbered parts: seen as one, booked once."""

import pytest

from chalicelib import wiring
from chalicelib.receivings.model import State
from chalicelib.returns.arriving import Arrive, arrive
from chalicelib.returns.parcels import stack
from tests.builders import Shop, item
from tests.receivings.test_receivings import boxed, closes, counts, opens, received
from tests.shipping.stories import approved
from tests.stage import Stage

RETURNS = 24


@pytest.fixture
def shop(stage: Stage) -> Shop:
    assert stage.queue_urls
    return Shop(wiring.commands())


def test_a_pallet_of_many_returns_arrives_and_is_counted_as_one(shop: Shop) -> None:
    returns = [approved(shop, 1, no=f"O-{number}") for number in range(RETURNS)]
    for box, start in (("B-1", 0), ("B-2", RETURNS // 2)):
        boxed(shop, *returns[start : start + RETURNS // 2], box=box)
    shop.do(lambda reads, context: stack(reads, "PAL", ("B-1", "B-2"), context))
    shop.do(lambda reads, context: arrive(reads, "PAL", Arrive(warehouse="A"), context))
    receiving = opens(shop, "PAL")
    counts(shop, receiving, item(quantity=RETURNS))

    closed = closes(shop, receiving)

    assert (closed.state, len(closed.receipt_ids)) == (State.CLOSED, RETURNS)
    assert [received(shop, ret) for ret in returns] == [1] * RETURNS

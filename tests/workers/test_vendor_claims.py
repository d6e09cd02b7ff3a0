"""Claims that nobody answered become tasks, once for each time that is over."""

from datetime import timedelta

import pytest

from chalicelib import wiring
from chalicelib.store.supplier_lists import SupplierLists
from chalicelib.suppliers.opening import ClaimedLine
from chalicelib.workers.events_stream import project_events
from chalicelib.workers.vendor_claims import sweep_vendor_claims
from tests.builders import NOW, Shop, eur
from tests.stage import LambdaContext, Stage
from tests.suppliers.trade import opens, states, told


@pytest.fixture
def shop(stage: Stage) -> Shop:
    return Shop(wiring.commands())


def swept(stage: Stage, days: int) -> dict[str, int]:
    stage.observe()
    project_events({"Records": stage.changes}, LambdaContext())
    return sweep_vendor_claims(
        commands=wiring.commands(),
        views=wiring.views(),
        lists=SupplierLists(wiring.views_table()),
        clock=lambda: NOW + timedelta(days=days),
        correlation_id="test",
        remaining_s=lambda: 600.0,
    )


def test_a_claim_that_waits_is_told_of_when_its_time_is_over(shop: Shop, stage: Stage) -> None:
    states(shop)
    claim = told(shop, opens(shop, ClaimedLine(sku="SKU-1", quantity=1), amount=eur(5_00)))

    counts = [swept(stage, days)["vendor_claim_reminded"] for days in (13, 15, 15, 30)]

    assert counts == [0, 1, 0, 1]
    stored = wiring.reads().vendor_claim(claim.claim_id)
    assert stored is not None
    assert stored.reminders == 2

"""After exceptions are resolved, units sent back and claims ended nothing is found; drifts are."""

from collections.abc import Callable
from typing import Any

import pytest

from chalicelib import wiring
from chalicelib.liability import claiming
from chalicelib.liability.model import LiabilityClaim
from chalicelib.returns.exceptions import ResolutionKind
from chalicelib.store.execution import Commands
from tests.builders import Shop, failed, item, line, order, passed, restock
from tests.fakes import FakeProvider
from tests.reconciliation.drifts import Books, Finding
from tests.returns.undoing import CARRIER, reinspects, reports, resolves, ships_back, stray, surplus
from tests.stage import Stage
from tools.cli.scanning import WatchedTable
from tools.cli.truth import Verifier


@pytest.fixture
def books(stage: Stage, provider: FakeProvider) -> Books:
    """Strays and surplus in every place that a person can put them, and a claim that ended."""
    commands = Commands(table=wiring.core_table())
    shop = Shop(commands, providers={provider.name: provider})
    shop.sells(order(line(quantity=5)))
    ret = shop.approves(shop.asks(quantity=2))
    received = shop.receives(ret, item(quantity=4))
    (of_receipt,) = received.exceptions
    resolves(shop, of_receipt, ResolutionKind.LINE, quantity=1)
    resolves(shop, of_receipt, ResolutionKind.WRITE_OFF, accountable="bo")
    resolves(shop, stray(shop), ResolutionKind.LINE, return_ref=ret.number)
    claimed = resolves(shop, surplus(shop, ret), ResolutionKind.CLAIM, claim=CARRIER)
    end(shop, str(claimed.resolutions[0].claim_id))
    resolves(shop, reports(shop, ret), ResolutionKind.NO_GOODS)
    resolves(shop, surplus(shop, ret, 2), ResolutionKind.SHIP_BACK, quantity=1)
    shop.inspects(ret, passed(2), failed(1))
    shop.disposes(ret, restock(2))
    reinspects(shop, ret, 1)
    ships_back(shop, ret)
    return Books(stage, shop, shop.now_is(ret))


def end(shop: Shop, claim_id: str) -> LiabilityClaim:
    command = claiming.Reject(reason="too late")
    return shop.do(lambda reads, context: claiming.reject(reads, claim_id, command, context))


def found_pk(books: Books, kind: str, where: Callable[[Any], bool] = bool) -> str:
    """The partition of the first record of a kind that is so."""
    for stored in books.stage._all("core"):
        pk, sk = stored["pk"]["S"], stored["sk"]["S"]
        if stored["type"]["S"] == kind and where(books.body(pk, sk)):
            return str(pk)
    raise AssertionError(f"there is no such {kind}")


def test_nothing_is_found_after_resolutions(books: Books) -> None:
    job, findings = books.reconcile()

    assert findings == []
    assert job.result["unsettled"] == 0
    checked: Any = job.result["checked"]
    assert checked["liability_claims"] == 1
    assert checked["exceptions"] == 5


def verified(books: Books) -> list[str]:
    table = wiring.core_table()
    core = WatchedTable(table.name, table._link, books.stage.dynamodb)
    verifier = Verifier(core=core, sleep=lambda _: None)
    return [finding.kind for finding in verifier.everything().findings]


def test_nothing_is_named_and_missing_and_nothing_is_unnamed(books: Books) -> None:
    assert verified(books) == []


def test_a_movement_of_a_resolution_that_is_gone_is_missed(books: Books) -> None:
    pk = found_pk(books, "EXCEPTION", lambda body: len(body["resolutions"]) == 2)
    books.delete(pk, books.find(pk, "MOVEMENT#")[0])

    assert "movement_missing" in verified(books)


def test_a_claim_that_is_gone_is_missed(books: Books) -> None:
    books.delete(found_pk(books, "LIABILITY"), "LIABILITY")

    assert "claim_missing" in verified(books)


def resolution_elsewhere(books: Books) -> list[Finding]:
    pk = found_pk(books, "EXCEPTION", lambda body: len(body["resolutions"]) == 2)
    books.change(pk, "EXCEPTION", lambda body: body["resolutions"][1].update(account="missing"))
    return [("exception_goods", f"exception/{pk.partition('#')[2]}")] * 2


def resolution_forgotten(books: Books) -> list[Finding]:
    pk = found_pk(books, "EXCEPTION", lambda body: body["resolution"] == "claim")
    books.change(pk, "EXCEPTION", lambda body: body.update(resolutions=[]))
    return [("exception_goods", f"exception/{pk.partition('#')[2]}")] * 2


def evidence_elsewhere(books: Books) -> list[Finding]:
    pk = found_pk(books, "LIABILITY")
    books.change(pk, "LIABILITY", lambda body: body.update(goods_went="vendor"))
    return [("liability_goods", f"liability/{pk.partition('#')[2]}")] * 2


def claim_gone(books: Books) -> list[Finding]:
    pk = found_pk(books, "LIABILITY")
    books.delete(pk, "LIABILITY")
    return [("document_missing", f"liability/{pk.partition('#')[2]}")]


def sent_back_and_held(books: Books) -> list[Finding]:
    def edit(body: Any) -> None:
        units = body["lines"][0]["reservations"][0]["units"]
        units[-1]["count"] += 1

    books.change("ORDER#O-1", "ORDER", edit)
    return [("reservation_differs", "order/O-1")]


@pytest.mark.parametrize(
    "plant",
    [
        resolution_elsewhere,
        resolution_forgotten,
        evidence_elsewhere,
        claim_gone,
        sent_back_and_held,
    ],
    ids=lambda plant: str(plant.__name__),
)
def test_a_planted_drift_is_found_exactly(
    books: Books, plant: Callable[[Books], list[Finding]]
) -> None:
    expected = plant(books)

    assert books.found() == sorted(expected)

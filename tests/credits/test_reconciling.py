"""The nightly comparison knows store credit: nothing is found where all is right, each drift is."""

from dataclasses import replace

import pytest

from chalicelib import wiring
from chalicelib.credits.model import CreditAccount
from chalicelib.ledger.posting import postings_for
from chalicelib.reconciliation.model import Document, Finding
from chalicelib.reconciliation.money import money_findings
from tests.builders import Shop, eur
from tests.credits.stories import CREDIT, REFUND, accepted, account, settled, spent, withdrawn
from tests.fakes import FakeProvider
from tests.reconciliation.drifts import Books
from tests.stage import Stage


def found(shop: Shop, document: Document) -> list[Finding]:
    events = list(shop.store.reads().events(document.subject))
    return list(money_findings(document, events, postings_for(events)))


def test_in_every_step_returns_and_accounts_agree_with_their_ledger(shop: Shop) -> None:
    ret = accepted(shop, CREDIT, REFUND)
    shop.settles(ret)
    for step in (
        lambda: settled(shop, ret),
        lambda: withdrawn(shop, shop.settlement(ret)),
        lambda: shop.retries(shop.settlement(ret)),
        lambda: settled(shop, accepted(shop, CREDIT, no="O-2")),
        lambda: spent(shop, 3_00),
    ):
        step()
        assert found(shop, shop.now_is(ret)) == []
        assert found(shop, account(shop)) == []


def test_a_lot_that_was_changed_alone_is_found(shop: Shop) -> None:
    settled(shop, accepted(shop, CREDIT))
    spent(shop, 3_00)
    (lot,) = account(shop).lots
    more: CreditAccount = replace(account(shop), lots=(replace(lot, left=eur(9_00)),))

    (finding,) = found(shop, more)

    assert (finding.kind, finding.subject) == ("ledger_lots", more.subject)
    assert (finding.expected, finding.found) == (
        {"credit_id": lot.credit_id, "minor": 9_00},
        {"credit_id": lot.credit_id, "minor": 7_00},
    )


def test_a_lot_that_vanished_is_found(shop: Shop) -> None:
    settled(shop, accepted(shop, CREDIT))

    (finding,) = found(shop, replace(account(shop), lots=()))

    assert finding.kind == "ledger_lots"


@pytest.fixture
def books(stage: Stage, provider: FakeProvider) -> Books:
    shop = Shop(wiring.commands(), providers={provider.name: provider})
    ret = accepted(shop, CREDIT, REFUND)
    shop.settles(ret)
    settled(shop, ret)
    spent(shop, 3_00)
    return Books(stage, shop, shop.now_is(ret))


def test_the_whole_comparison_finds_nothing_where_all_is_right(books: Books) -> None:
    _, findings = books.reconcile()

    assert findings == []

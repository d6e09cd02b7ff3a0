"""Posting what was stored before the ledger was there: what lacks is made, what is there stays."""

from typing import Any

import pytest

from chalicelib import wiring
from chalicelib.ledger.posting import postings_for
from chalicelib.returns.model import Return
from chalicelib.store.execution import Commands
from tests.builders import Shop, line, order, payment
from tests.fakes import FakeProvider
from tests.reconciliation.drifts import Books
from tests.stage import Stage
from tools.cli.posting import Counted, posted_all


@pytest.fixture
def books(stage: Stage, provider: FakeProvider) -> Books:
    """A settled return whose postings are gone, as after an update."""
    shop = Shop(Commands(table=wiring.core_table()), providers={provider.name: provider})
    shop.sells(order(line(quantity=2, price=20_00), payments=(payment("card", 40_00),)))
    ret = shop.accepts(shop.asks(quantity=2), 2)
    shop.settles(ret)
    books = Books(stage, shop, shop.now_is(ret))
    for sk in books.find(books.return_pk, "POSTING#"):
        books.delete(books.return_pk, sk)
    return books


def post(*, is_dry: bool = False) -> Counted:
    core = wiring.core_table()
    return posted_all(core, core.scan(("EVENT",)), is_dry=is_dry)


def stored(books: Books) -> list[Any]:
    return books.shop.store.reads().postings(books.ret.subject)


def expected(books: Books) -> list[Any]:
    ret: Return = books.ret
    made = postings_for(books.shop.store.reads().events(ret.subject))
    return sorted(made, key=lambda posting: (posting.posted_at, posting.posting_id))


def test_what_lacks_is_made_from_its_event_and_nothing_is_found_afterwards(books: Books) -> None:
    counted = post()

    assert (counted.postings, counted.lacking) == (2, 2)
    assert stored(books) == expected(books)
    assert books.found() == []


def test_again_it_writes_nothing(books: Books) -> None:
    post()

    counted = post()

    assert (counted.postings, counted.lacking) == (2, 0)
    assert stored(books) == expected(books)


def test_a_check_only_counts(books: Books) -> None:
    counted = post(is_dry=True)

    assert counted.lacking == 2
    assert stored(books) == []

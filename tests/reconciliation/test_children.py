"""Kits, exchanges and claims are no differences; what is changed behind their back is one."""

from collections.abc import Callable
from typing import Any

import pytest

from chalicelib import wiring
from chalicelib.orders.model import DeliveredItem, KitComponent
from chalicelib.store.execution import Commands
from tests.builders import Shop, delivery, failed, item, line, order, passed, restock, wish
from tests.children import (
    approves,
    cancels,
    claims,
    denies,
    ends,
    exchange_of,
    grants,
    resolves,
    ships,
    swap,
    unexchanges,
    withdraws,
)
from tests.fakes import FakeProvider
from tests.reconciliation.drifts import Books, Finding
from tests.stage import Stage


@pytest.fixture
def books(stage: Stage, provider: FakeProvider) -> Books:
    """Kits sold, sent by kit and by part, and partly back; exchanges and claims in every state."""
    commands = Commands(table=wiring.core_table())
    shop = Shop(commands, providers={provider.name: provider})
    kit = (
        KitComponent(sku="CUP", quantity=4, share="0.6"),
        KitComponent(sku="POT", quantity=1, share="0.4"),
    )
    parcels = (
        delivery(DeliveredItem(line_no="1", quantity=1), no="D-1"),
        delivery(DeliveredItem(line_no="1.1", quantity=4, lot="L1"), no="D-2"),
    )
    shop.sells(order(line(quantity=2, sku="TEA", price=10_01, kit=kit), deliveries=parcels))
    ret = shop.asks("O-1", wish(6, "1.1"), wish(1, "1.2"))
    shop.approves(ret)
    shop.receives(ret, item("CUP", 4), item("CUP", 2, lot="L1"), item("POT"))
    shop.inspects(ret, passed(6), failed(1, "2"))
    shop.disposes(ret, restock(6))
    shop.settles(ret)
    _exchanges(shop)
    for end in ((), (grants, resolves), (denies,), (withdraws,)):
        claim = claims(shop, order_no="O-2", line_no="2")
        for step in end:
            step(shop, claim)
    return Books(stage, shop, shop.now_is(ret))


def _exchanges(shop: Shop) -> None:
    parcel = delivery(
        DeliveredItem(line_no="1", quantity=9), DeliveredItem(line_no="2", quantity=4), no="D-9"
    )
    shop.sells(order(line(quantity=9), line("2", quantity=4), no="O-2", deliveries=(parcel,)))
    shop.counts({"BLUE": 3})
    shop.counts({"BLUE": 9}, lot="B2")
    rets = [approves(shop, shop.asks("O-2", swap(2, for_="BLUE"))) for _ in range(4)]
    ships(shop, exchange_of(shop, rets[0]))
    unexchanges(shop, ships(shop, exchange_of(shop, rets[1])), 1)
    shop.receives(rets[1], item("SKU-1"), item("BLUE", lot="B2"))
    cancels(shop, exchange_of(shop, rets[2]))
    shop.receives(rets[3], item(quantity=1))
    shop.inspects(rets[3], failed(1))
    ships(shop, exchange_of(shop, rets[3]))


def test_nothing_is_found_where_all_is_right(books: Books) -> None:
    job, findings = books.reconcile()

    assert findings == []
    checked = job.result["checked"]
    assert isinstance(checked, dict)
    assert (checked["exchanges"], checked["claims"]) == (4, 4)
    states = [books.body(pk, "EXCHANGE")["state"] for pk in _partitions(books)]
    assert sorted(states) == ["CANCELLED", "SHIPPED", "SHIPPED", "SHIPPED"]


def test_a_promise_that_ends_with_its_units_is_no_difference(books: Books) -> None:
    shop = books.shop
    shop.sells(order(line(quantity=2), no="O-3", deliveries=(_own("D-3"),)))
    ret = approves(shop, shop.asks("O-3", swap(2, for_="BLUE")))
    exchange = exchange_of(shop, ret)

    ends(shop, ret, exchange.units)

    assert books.found() == []


def _own(no: str) -> Any:
    return delivery(DeliveredItem(line_no="1", quantity=2), no=no)


def _first(books: Books, kind: str) -> tuple[str, str]:
    """The partition key of a stored document, and its subject."""
    pk = min(i["pk"]["S"] for i in books.stage._all("core") if i["type"]["S"] == kind)
    return pk, f"{kind.lower()}/{pk.partition('#')[2]}"


def claim_denied(books: Books) -> list[Finding]:
    held = [c for c in books.shop.store.reads().claims_of("O-2") if c.state == "OPEN"]
    books.change(f"CLAIM#{held[0].claim_id}", "CLAIM", lambda body: body.update(state="DENIED"))
    return [("reservation_orphan", "order/O-2")]


def claim_gone(books: Books) -> list[Finding]:
    pk, subject = _first(books, "CLAIM")
    books.delete(pk, "CLAIM")
    orphan = [("reservation_orphan", "order/O-2")] if _is_held(books, pk) else []
    return [("document_missing", subject), *orphan]


def _is_held(books: Books, pk: str) -> bool:
    return any(
        reservation.holder_id == pk.partition("#")[2]
        for sold in books.shop.sold("O-2").lines
        for reservation in sold.reservations
    )


def hold_of_a_claim_gone(books: Books) -> list[Finding]:
    def edit(body: Any) -> None:
        body["lines"][1]["reservations"].pop()

    books.change("ORDER#O-2", "ORDER", edit)
    return [("reservation_missing", "order/O-2")]


def exchange_lost(books: Books) -> list[Finding]:
    pk, subject = _first(books, "EXCHANGE")
    books.delete(pk, "EXCHANGE")
    return [("document_missing", subject)]


def promise_smaller(books: Books) -> list[Finding]:
    sent = [pk for pk in _partitions(books) if books.body(pk, "EXCHANGE")["state"] == "SHIPPED"]
    books.change(sent[0], "EXCHANGE", lambda body: body["stock"][0].update(quantity=7))
    return [("exchange_goods", f"exchange/{sent[0].partition('#')[2]}")] * 2


def _partitions(books: Books) -> list[str]:
    stored = [i["pk"]["S"] for i in books.stage._all("core") if i["type"]["S"] == "EXCHANGE"]
    return sorted(stored)


def part_of_a_kit_held_twice(books: Books) -> list[Finding]:
    def edit(body: Any) -> None:
        (held,) = body["lines"][1]["reservations"]
        body["lines"][1]["reservations"].append({**held, "holder_id": "clm_x", "kind": "claim"})

    books.change("ORDER#O-1", "ORDER", edit)
    return [("reservation_orphan", "order/O-1"), ("reservation_overlap", "order/O-1")]


@pytest.mark.parametrize(
    "plant",
    [
        claim_denied,
        claim_gone,
        hold_of_a_claim_gone,
        exchange_lost,
        promise_smaller,
        part_of_a_kit_held_twice,
    ],
    ids=lambda plant: plant.__name__,
)
def test_a_planted_drift_is_found_exactly(
    books: Books, plant: Callable[[Books], list[Finding]]
) -> None:
    expected = plant(books)

    assert books.found() == sorted(expected)

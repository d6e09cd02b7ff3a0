"""Where units with serial numbers are, by the movements that named them."""

from chalicelib.inventory.model import Account, Transfer
from chalicelib.inventory.posting import relabelled
from tests.builders import eur
from tests.inventory.stock import Stock


def unit(
    serial: str,
    origin: Account,
    target: Account,
    *,
    cost: int | None = None,
    lot: str | None = None,
) -> Transfer:
    return Transfer(
        warehouse="A",
        sku="S",
        lot=None,
        quantity=1,
        origin=origin,
        target=target,
        unit_cost=eur(cost) if cost is not None else None,
        serials=(serial,),
    )


def test_a_unit_is_where_its_last_movement_put_it(stock: Stock) -> None:
    stock.moves(unit("N1", Account.CUSTOMER, Account.RECEIVING, cost=1900))
    last = stock.moves(unit("N1", Account.RECEIVING, Account.QUARANTINE, cost=1900))

    found = stock.store.reads().serial("S", "N1")

    assert found is not None
    assert (found.account, found.movement_id) == (Account.QUARANTINE, last.movement_id)
    assert found.unit_cost == eur(1900)


def test_a_unit_that_passes_through_accounts_in_one_movement_is_where_it_stays(
    stock: Stock,
) -> None:
    stock.moves(unit("N1", Account.CUSTOMER, Account.RECEIVING))

    stock.moves(
        unit("N1", Account.CUSTOMER, Account.AVAILABLE),
        unit("N1", Account.RECEIVING, Account.CUSTOMER),
    )

    found = stock.store.reads().serial("S", "N1")

    assert found is not None
    assert found.account is Account.AVAILABLE


def test_a_relabelled_unit_lies_under_the_lot_that_it_bears(stock: Stock) -> None:
    stock.moves(*relabelled(unit("N1", Account.CUSTOMER, Account.RECEIVING, cost=400), "L1"))

    found = stock.store.reads().serial("S", "N1")

    assert found is not None
    assert (found.account, found.lot) == (Account.RECEIVING, "L1")
    assert stock.lies(Account.RECEIVING, lot="L1") == 1
    assert stock.lies(Account.RECEIVING) == 0
    assert stock.worth(Account.ADJUSTMENT) == 0


def test_two_units_at_their_own_costs_come_back_at_the_sum_of_both(stock: Stock) -> None:
    stock.moves(
        unit("N1", Account.CUSTOMER, Account.RECEIVING, cost=1900),
        unit("N2", Account.CUSTOMER, Account.RECEIVING, cost=2500),
    )

    assert stock.worth(Account.RECEIVING) == 4400
    assert stock.lies(Account.RECEIVING) == 2

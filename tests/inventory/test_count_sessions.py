"""Counting by scan while goods move."""

from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.core.errors import Conflict, Invalid
from chalicelib.inventory.count_sessions import (
    CountSession,
    OpenCount,
    SessionState,
    cancel,
    close,
    count_again,
    open_count,
)
from chalicelib.inventory.counting_scans import SERIALS_MAX, take_count_scan
from chalicelib.inventory.model import Account, Transfer
from chalicelib.returns.scanning import Scan, ScanOutcome
from chalicelib.store.keys import key_of
from tests.builders import NOW, eur
from tests.inventory.stock import Stock

SCAN = Scan(
    scan_id="scan-1",
    device_id="gun-1",
    seq=1,
    captured_at=NOW,
    warehouse="A",
    quantity=1,
    sku="S",
    step="counting",
)


def opened(stock: Stock, *skus: str) -> CountSession:
    command = OpenCount(warehouse="A", skus=skus)
    return stock.run(lambda reads, context: open_count(reads, command, context))


def scanned(stock: Stock, scan_id: str, quantity: int = 1, **more: object) -> ScanOutcome:
    scan = replace(SCAN, scan_id=scan_id, quantity=quantity, **more)  # type: ignore[arg-type]
    return stock.run(lambda reads, context: take_count_scan(reads, scan, context))


def closed(stock: Stock, session: CountSession, *, accept_moved: bool = False) -> CountSession:
    return stock.run(
        lambda reads, context: close(reads, session.session_id, context, accept_moved=accept_moved)
    )


def now(stock: Stock, session: CountSession) -> CountSession:
    found = stock.store.reads().count_session(session.session_id)
    assert found is not None
    return found


def sells(stock: Stock, quantity: int = 1) -> None:
    stock.moves(
        Transfer(
            warehouse="A",
            sku="S",
            lot=None,
            quantity=quantity,
            origin=Account.AVAILABLE,
            target=Account.CUSTOMER,
        )
    )


def test_scans_add_up_and_the_end_posts_the_difference_with_its_value(stock: Stock) -> None:
    stock.has("S", 5, cost=eur(400))
    session = opened(stock, "S")
    scanned(stock, "scan-1", 2)
    scanned(stock, "scan-2", 1)

    session = closed(stock, session)

    assert session.state is SessionState.CLOSED
    assert stock.lies(Account.AVAILABLE) == 3
    count = stock.store.reads().stock_count(session.count_id or "")
    assert count is not None
    (difference,) = count.differences
    assert (difference.counted, difference.booked) == (3, 5)
    assert difference.value_minor == {"EUR": -800}


def test_a_scan_that_comes_twice_counts_once(stock: Stock) -> None:
    stock.has("S", 5)
    session = opened(stock, "S")

    first = scanned(stock, "scan-1", 2)
    again = scanned(stock, "scan-1", 2)

    assert first == again
    assert now(stock, session).lines[0].counted == 2


def test_a_serial_number_counts_once(stock: Stock) -> None:
    session = opened(stock, "S")

    scanned(stock, "scan-1", serial="N1")
    again = scanned(stock, "scan-2", serial="N1")

    assert again.reason == "serial_counted_already"
    assert now(stock, session).lines[0].counted == 1


def test_what_is_sold_after_it_was_counted_stays_sold(stock: Stock) -> None:
    stock.has("S", 5)
    session = opened(stock, "S")
    scanned(stock, "scan-1", 4)
    sells(stock)

    closed(stock, session)

    assert stock.lies(Account.AVAILABLE) == 3


def test_goods_that_moved_between_their_scans_are_counted_again(stock: Stock) -> None:
    stock.has("S", 5)
    session = opened(stock, "S")
    scanned(stock, "scan-1", 2)
    sells(stock)
    scanned(stock, "scan-2", 2)

    with pytest.raises(Conflict, match="moved_while_counted"):
        closed(stock, session)
    stock.run(lambda reads, context: count_again(reads, session.session_id, ["S"], context))
    scanned(stock, "scan-3", 4)
    closed(stock, session)

    assert stock.lies(Account.AVAILABLE) == 4


def test_a_count_of_goods_that_moved_can_be_taken_as_it_is(stock: Stock) -> None:
    stock.has("S", 5)
    session = opened(stock, "S")
    scanned(stock, "scan-1", 2)
    sells(stock)
    scanned(stock, "scan-2", 1)

    closed(stock, session, accept_moved=True)

    assert stock.lies(Account.AVAILABLE) == 3


def test_no_sku_is_counted_in_two_sessions(stock: Stock) -> None:
    opened(stock, "S", "T")

    with pytest.raises(Conflict, match="already_counted"):
        opened(stock, "T")
    opened(stock)
    with pytest.raises(Conflict, match="already_counted"):
        opened(stock)


def test_a_scan_finds_its_session_by_its_sku(stock: Stock) -> None:
    rest, named = opened(stock), opened(stock, "S")

    scanned(stock, "scan-1")
    scanned(stock, "scan-2", sku="T")

    assert [line.sku for line in now(stock, named).lines] == ["S"]
    assert [line.sku for line in now(stock, rest).lines] == ["T"]


def test_goods_that_nobody_counts_are_refused_and_nothing_moves(stock: Stock) -> None:
    outcome = scanned(stock, "scan-1")

    assert (outcome.state, outcome.reason) == ("refused", "not_being_counted")
    assert scanned(stock, "scan-2", sku=None).reason == "sku_unknown"


def test_a_session_that_was_given_up_posts_nothing_and_frees_its_skus(stock: Stock) -> None:
    stock.has("S", 5)
    session = opened(stock, "S")
    scanned(stock, "scan-1", 2)

    stock.run(lambda reads, context: cancel(reads, session.session_id, context))

    assert stock.lies(Account.AVAILABLE) == 5
    opened(stock, "S")
    with pytest.raises(Conflict, match="count_session_ended"):
        closed(stock, session)


def test_closing_again_answers_as_the_first_time(stock: Stock) -> None:
    stock.has("S", 5)
    session = opened(stock, "S")
    scanned(stock, "scan-1", 4)

    assert closed(stock, session) == closed(stock, session)
    assert stock.lies(Account.AVAILABLE) == 4


def test_what_was_not_scanned_is_left_as_it_is_and_named(stock: Stock) -> None:
    stock.has("T", 5)
    session = opened(stock, "S", "T")
    scanned(stock, "scan-1")

    session = closed(stock, session)

    assert session.uncounted == ("T",)
    assert stock.lies(Account.AVAILABLE, "T") == 5


def test_only_what_was_counted_is_counted_again(stock: Stock) -> None:
    session = opened(stock, "S")

    with pytest.raises(Invalid, match="not_counted"):
        stock.run(lambda reads, context: count_again(reads, session.session_id, ["S"], context))


def test_lots_are_counted_apart(stock: Stock) -> None:
    stock.has("S", 3, lot="L1")
    session = opened(stock, "S")
    scanned(stock, "scan-1", 2, lot="L1")
    scanned(stock, "scan-2", 1, lot="L2")

    closed(stock, session)

    assert stock.lies(Account.AVAILABLE, lot="L1") == 2
    assert stock.lies(Account.AVAILABLE, lot="L2") == 1


def test_a_serial_number_counts_once_whatever_lot_is_read_with_it(stock: Stock) -> None:
    session = opened(stock, "S")
    scanned(stock, "scan-1", serial="N1")

    again = scanned(stock, "scan-2", serial="N1", lot="L1")

    assert again.reason == "serial_counted_already"
    assert sum(line.counted for line in now(stock, session).lines) == 1


def test_what_was_scanned_before_the_count_began_is_of_no_count(stock: Stock) -> None:
    session = opened(stock, "S")

    late = scanned(stock, "scan-1", captured_at=NOW - timedelta(minutes=6))
    slow = scanned(stock, "scan-2", captured_at=NOW - timedelta(minutes=4))

    assert (late.state, late.reason) == ("refused", "scanned_before_count")
    assert slow.state != "refused"
    assert [line.counted for line in now(stock, session).lines] == [1]


def test_what_was_scanned_before_a_recount_does_not_count_in_it(stock: Stock) -> None:
    session = opened(stock, "S")
    scanned(stock, "scan-1", 3)
    stock.commands += 3600
    stock.run(lambda reads, context: count_again(reads, session.session_id, ["S"], context))

    offline = scanned(stock, "scan-2", 2, captured_at=NOW + timedelta(minutes=30))
    scanned(stock, "scan-3", 4, captured_at=NOW + timedelta(minutes=61))

    assert offline.reason == "scanned_before_count"
    assert [line.counted for line in now(stock, session).lines] == [4]


def test_a_session_takes_so_many_serial_numbers_and_no_more(stock: Stock) -> None:
    session = opened(stock, "S")
    scanned(stock, "scan-1", serial="N1")
    full = now(stock, session)
    line = replace(full.lines[0], serials=tuple(f"X{number}" for number in range(SERIALS_MAX)))
    stock.store.records[key_of(full)] = replace(full, lines=(line,))

    refused = scanned(stock, "scan-2", serial="N2")

    assert (refused.state, refused.reason) == ("refused", "count_session_full")
    assert scanned(stock, "scan-3").state != "refused"


def test_goods_that_are_kept_by_lots_are_not_counted_beside_them(stock: Stock) -> None:
    stock.has("S", 5, lot="L1")
    session = opened(stock, "S")
    scanned(stock, "scan-1", 5)

    with pytest.raises(Conflict, match="lots_not_read") as refused:
        closed(stock, session)

    assert refused.value.details == {"skus": ["S"]}
    assert stock.lies(Account.AVAILABLE) == 0


def test_goods_of_a_lot_and_goods_without_are_counted_together(stock: Stock) -> None:
    stock.has("S", 5, lot="L1")
    session = opened(stock, "S")
    scanned(stock, "scan-1", 4, lot="L1")
    scanned(stock, "scan-2", 2)

    closed(stock, session)

    assert (stock.lies(Account.AVAILABLE, lot="L1"), stock.lies(Account.AVAILABLE)) == (4, 2)


def test_what_the_session_of_the_rest_began_to_count_no_other_one_counts(stock: Stock) -> None:
    rest = opened(stock)
    scanned(stock, "scan-1")

    with pytest.raises(Conflict, match="already_counted") as refused:
        opened(stock, "S", "T")

    assert refused.value.details == {"session_id": rest.session_id, "skus": ["S"]}


def test_a_late_scan_of_a_count_that_ended_begins_none_in_the_session_of_the_rest(
    stock: Stock,
) -> None:
    stock.has("S", 5)
    rest = opened(stock)
    named = opened(stock, "S")
    scanned(stock, "scan-1", 5)
    closed(stock, named)

    late = scanned(stock, "scan-2")

    assert (late.state, late.reason) == ("refused", "not_being_counted")
    assert now(stock, rest).lines == ()


def test_a_session_of_the_rest_leaves_what_others_count_already(stock: Stock) -> None:
    named = opened(stock, "S")
    rest = opened(stock)
    closed(stock, named)

    assert scanned(stock, "scan-1").reason == "not_being_counted"
    assert scanned(stock, "scan-2", sku="T").state != "refused"
    assert [line.sku for line in now(stock, rest).lines] == ["T"]


def test_a_scan_and_the_opening_of_another_session_at_once_count_once(stock: Stock) -> None:
    rest = opened(stock)
    named: list[CountSession] = []
    stock.store.meanwhile(lambda: named.append(opened(stock, "S")))

    scanned(stock, "scan-1")

    assert now(stock, rest).lines == ()
    assert [line.counted for line in now(stock, named[0]).lines] == [1]

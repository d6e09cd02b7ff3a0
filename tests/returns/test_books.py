"""Whatever people do, undo and object to: stock, returns, promises and orders say the same."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.core.errors import DomainError
from chalicelib.inventory.model import PHYSICAL, Account, Balance
from chalicelib.liability import claiming
from chalicelib.liability.model import LiabilityClaim
from chalicelib.orders.model import DeliveredItem
from chalicelib.returns import losing, short_closing
from chalicelib.returns.exceptions import (
    ExceptionKind,
    ExceptionState,
    ResolutionKind,
    ReturnException,
)
from chalicelib.returns.model import AppealAgainst, Disposition, FaultParty, Grade, Return
from chalicelib.returns.selection import NamedQuantity
from chalicelib.returns.units import quantities
from chalicelib.store import keys
from tests.builders import NOW, Shop, delivery, failed, goes, item, line, order, passed, wish
from tests.children import swap
from tests.fakes import FakeProvider, FakeStore
from tests.returns.promises import assert_promises_are_kept_or_ended, decides_about, goes_on
from tests.returns.undoing import (
    CARRIER,
    appeals,
    closes,
    decides,
    reinspects,
    reopens,
    reports,
    resolves,
    scans,
    ships_back,
    suspicions,
    withdraws,
)
from tests.shipping.stories import outstanding

SKUS = ("SKU-1", "SKU-2", "STRANGE", "BLUE")
LOTS = ("L1", "L2", None)


@dataclass(slots=True)
class Play:
    """One order of two lines, returns of it, and acts that a number chooses the details of."""

    shop: Shop
    store: FakeStore
    returns: list[Return] = field(default_factory=list)

    def ret(self, number: int) -> Return:
        return self.returns[number % len(self.returns)]

    def exceptions(self) -> list[ReturnException]:
        found = (one for one in self.store.records.values() if isinstance(one, ReturnException))
        return sorted(found, key=lambda one: one.exception_id)

    def exception(self, number: int) -> ReturnException:
        known = self.exceptions()
        return known[number % len(known)]


def play() -> Play:
    provider = FakeProvider()
    store = FakeStore(clock=lambda: NOW)
    shop = Shop(store, providers={provider.name: provider})
    shipped = delivery(
        DeliveredItem(line_no="1", quantity=4, lot="L1"),
        DeliveredItem(line_no="1", quantity=3, lot="L2"),
        DeliveredItem(line_no="2", quantity=2),
    )
    shop.sells(order(line("1", quantity=7), line("2", quantity=2), deliveries=(shipped,)))
    shop.counts({"BLUE": 2})
    shop.counts({"BLUE": 2}, lot="L1")
    made = Play(shop, store)
    made.returns.append(shop.approves(shop.asks("O-1", swap(2, for_="BLUE"))))
    made.returns.append(shop.approves(shop.asks("O-1", wish(2, "1"), wish(1, "2"))))
    return made


def asks(p: Play, n: int) -> None:
    p.returns.append(p.shop.asks("O-1", wish(1 + n % 3, "1" if n % 4 else "2")))


def swaps(p: Play, n: int) -> None:
    p.returns.append(p.shop.asks("O-1", swap(1 + n % 2, for_="BLUE")))


def takes_back(p: Play, n: int) -> None:
    if n % 2:
        p.shop.cancels(p.ret(n), line_1=1)
    else:
        p.shop.cancels(p.ret(n))


def ends_claim(p: Play, n: int) -> None:
    found = (one for one in p.store.records.values() if isinstance(one, LiabilityClaim))
    known = sorted(found, key=lambda one: one.claim_id)
    own = known[n % len(known)].claim_id
    command = claiming.Reject(reason="late", goods=(Account.SCRAPPED, Account.VENDOR)[n % 2])
    p.shop.do(lambda reads, ctx: claiming.reject(reads, own, command, ctx))


def receives(p: Play, n: int) -> None:
    p.shop.receives(p.ret(n), item(SKUS[n % 4], 1 + n % 5, lot=LOTS[n % 3]))


def finds(p: Play, n: int) -> None:
    number = p.ret(n).number if n % 2 else None
    scans(p.shop, sku=SKUS[n % 4], quantity=1 + n % 3, lot=LOTS[n % 3], return_number=number)


def inspects(p: Play, n: int) -> None:
    groups = (passed(1), failed(1, fault=FaultParty.CUSTOMER), failed(1, grade=Grade.D))
    p.shop.inspects(p.ret(n), groups[n % 3])


def disposes(p: Play, n: int) -> None:
    ways = [way for way in Disposition if way is not Disposition.KEPT_BY_CUSTOMER]
    origin = Disposition.HOLD if n % 2 else None
    p.shop.disposes(p.ret(n), goes(ways[n % len(ways)], 1, origin=origin))


def resolve(p: Play, n: int) -> None:
    kind = list(ResolutionKind)[n % len(ResolutionKind)]
    target = p.ret(n).return_id if n % 2 else None
    resolves(
        p.shop,
        p.exception(n // 3),
        kind,
        who=("ann", "ben")[n % 2],
        quantity=1 if n % 4 == 0 else None,
        return_ref=target,
        accountable="bo",
        claim=CARRIER,
        cannot_be_found=n % 3 == 0,
    )


def loses(p: Play, n: int) -> None:
    command = losing.MarkLost(
        reason="STOLEN",
        fault=FaultParty.US if n % 2 else FaultParty.NONE,
        lines=outstanding(p.ret(n)) if n % 3 else None,
    )
    p.shop.do(lambda reads, ctx: losing.mark_lost(reads, p.ret(n).return_id, command, ctx))


def gives_up(p: Play, n: int) -> None:
    named = (NamedQuantity(line_no="1", quantity=1),) if n % 2 else None
    command = short_closing.GiveUp(reason="OTHER", note="Seen.", lines=named)
    act = short_closing.short_close if n % 3 else short_closing.refuse
    p.shop.do(lambda reads, ctx: act(reads, p.ret(n).return_id, command, ctx))


def objects(p: Play, n: int) -> None:
    appeals(p.shop, p.ret(n), list(AppealAgainst)[n % 3])


def judges(p: Play, n: int) -> None:
    if p.shop.now_is(p.ret(n)).appeals:
        decides(p.shop, p.ret(n), uphold=n % 3 > 0)


def takes_appeal_back(p: Play, n: int) -> None:
    if p.shop.now_is(p.ret(n)).appeals:
        withdraws(p.shop, p.ret(n))


def reopens_lines(p: Play, n: int) -> None:
    named = (NamedQuantity(line_no="1", quantity=1),) if n % 2 else ()
    reopens(p.shop, p.ret(n), *named)


ACTS: tuple[Callable[[Play, int], object], ...] = (
    asks,
    swaps,
    lambda p, n: goes_on(p.shop, n),
    lambda p, n: goes_on(p.shop, n),
    ends_claim,
    lambda p, n: decides_about(p.shop, p.ret(n), n),
    lambda p, n: p.shop.rejects(p.ret(n)),
    takes_back,
    lambda p, n: p.shop.expires(p.ret(n)),
    receives,
    receives,
    finds,
    finds,
    inspects,
    inspects,
    disposes,
    disposes,
    resolve,
    resolve,
    resolve,
    lambda p, n: p.shop.settles(p.ret(n)),
    lambda p, n: ships_back(p.shop, p.ret(n), 1 + n % 2),
    lambda p, n: reinspects(p.shop, p.ret(n)),
    lambda p, n: reports(p.shop, p.ret(n), ExceptionKind.MISSING_PARTS),
    loses,
    gives_up,
    objects,
    judges,
    takes_appeal_back,
    reopens_lines,
    lambda p, n: closes(p.shop, p.ret(n)),
)


@given(st.lists(st.tuples(st.sampled_from(ACTS), st.integers(0, 10_000)), max_size=30))
@settings(max_examples=150, deadline=None)
def test_the_books_agree_after_every_act(
    script: list[tuple[Callable[[Play, int], object], int]],
) -> None:
    p = play()
    for act, number in script:
        try:
            act(p, number)
        except (DomainError, ZeroDivisionError):
            continue  # Refused, or there is nothing of that kind yet: nothing was written.
        assert suspicions(p.shop) == []
        assert_promises_are_kept_or_ended(p.shop, p.returns)
    _assert_exceptions_are_counted(p)
    _assert_quarantine_is_explained(p)
    _assert_buckets_add_up(p)


def _assert_exceptions_are_counted(p: Play) -> None:
    open_ones = Counter(one.return_id for one in p.exceptions() if one.state is ExceptionState.OPEN)
    for ret in p.returns:
        assert p.shop.now_is(ret).open_exceptions == open_ones[ret.return_id]


def _assert_quarantine_is_explained(p: Play) -> None:
    """By open exceptions, and by units that failed or are held; and nothing is below zero."""
    explained: Counter[str] = Counter()
    for one in p.exceptions():
        if one.movement_id is not None:
            explained[str(one.sku)] += one.open_quantity
    for ret in p.returns:
        for line_ in p.shop.now_is(ret).lines:
            held = [group for group in line_.groups if group.account is Account.QUARANTINE]
            explained[line_.goods] += sum(group.size for group in held)
    lying: Counter[str] = Counter()
    for balance in p.store.stock.values():
        if balance.account is Account.QUARANTINE:
            lying[balance.sku] += balance.quantity
        assert balance.quantity >= 0 or balance.account not in PHYSICAL
    assert {sku: n for sku, n in lying.items() if n} == {s: n for s, n in explained.items() if n}


def _assert_buckets_add_up(p: Play) -> None:
    for ret in p.returns:
        for line_ in p.shop.now_is(ret).lines:
            q = quantities(line_)
            ended = q.rejected + q.cancelled + q.expired
            assert q.requested == q.pending + q.approved + ended + q.draft
            on_the_way = q.awaiting + q.in_transit + q.arrived
            given_up = q.lost + q.short_closed + q.refused
            assert q.approved == on_the_way + q.received + given_up + q.kept
            going = q.hold + q.restock + q.repack + q.repair + q.refurbish
            gone = q.rtv + q.scrap + q.donate + q.ship_back
            assert q.received == q.uninspected + q.reinspection + q.undisposed + going + gone


def test_books_that_do_not_agree_are_found() -> None:
    """Or the test above could not fail."""
    p = play()
    p.shop.receives(p.ret(0), item("SKU-1", 1, lot="L1"))
    place = keys.balance("A", "SKU-1", "L1", Account.RECEIVING)
    wrong: Balance = replace(p.store.stock[place], quantity=2)
    p.store.stock[place] = wrong

    assert suspicions(p.shop) == [str(("A", "SKU-1", "L1", Account.RECEIVING))]

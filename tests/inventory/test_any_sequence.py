"""Whatever happens to stock, in whatever order: sums stay zero, nothing physical falls below it,
units are where their movements put them, and value goes with the goods.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from chalicelib.core.errors import DomainError
from chalicelib.inventory.adjusting import AdjustedItem, AdjustmentReason, AdjustStock, adjust
from chalicelib.inventory.counting import CountedItem, CountStock, count_stock
from chalicelib.inventory.model import PHYSICAL, Account, Movement, MovementKind, Transfer
from chalicelib.inventory.posting import relabelled
from chalicelib.inventory.serials import Serial, positions_of
from chalicelib.inventory.transfer_commands import Arrive, ArrivedItem, SendStock, SentItem
from chalicelib.inventory.transferring import StockTransfer, TransferState, arrive, send
from tests.builders import eur
from tests.fakes import FakeStore
from tests.inventory.stock import Stock

SKUS = st.sampled_from(["S", "T"])
LOTS = st.sampled_from([None, "L1", "L2"])
WAREHOUSES = st.sampled_from(["A", "B"])
FEW = st.integers(min_value=1, max_value=4)
COST = st.sampled_from([None, 333, 1000])


@contextmanager
def refused_only_for(*codes: str) -> Iterator[None]:
    """A command may be refused, but for these reasons only."""
    try:
        yield
    except DomainError as refused:
        if refused.code not in codes:
            raise


class AnySequence(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.stock = Stock(FakeStore(clock=lambda: datetime(2026, 11, 21, tzinfo=UTC)))
        self.serials = 0

    @initialize()
    def something_lies_there(self) -> None:
        for warehouse in ("A", "B"):
            self.stock.has("S", 7, cost=eur(1000), warehouse=warehouse)
            self.stock.has("T", 5, lot="L1", cost=eur(333), warehouse=warehouse)

    @rule(sku=SKUS, warehouse=WAREHOUSES, lot=LOTS, quantity=FEW, cost=COST, named=st.booleans())
    def goods_come_back(
        self,
        sku: str,
        warehouse: str,
        lot: str | None,
        quantity: int,
        cost: int | None,
        named: bool,
    ) -> None:
        self.serials += 1
        plain = Transfer(
            warehouse=warehouse,
            sku=sku,
            lot=None,
            quantity=quantity,
            origin=Account.CUSTOMER,
            target=Account.RECEIVING,
            unit_cost=eur(cost) if cost is not None else None,
            serials=(f"N{self.serials}",) if named else (),
        )
        self.stock.moves(*relabelled(plain, lot))

    @rule(
        sku=SKUS,
        warehouse=WAREHOUSES,
        lot=LOTS,
        into=st.sampled_from(
            [Account.AVAILABLE, Account.QUARANTINE, Account.DAMAGED, Account.SCRAPPED]
        ),
        data=st.data(),
    )
    def goods_are_disposed_of(
        self, sku: str, warehouse: str, lot: str | None, into: Account, data: st.DataObject
    ) -> None:
        """With the numbers of units that lie there, as dispositions name them."""
        there = [
            one.serial
            for one in self.stock.store.serials.values()
            if (one.sku, one.warehouse, one.lot) == (sku, warehouse, lot)
            and one.account is Account.RECEIVING
        ]
        quantity = self.stock.lies(Account.RECEIVING, sku, lot=lot, warehouse=warehouse)
        if quantity == 0:
            return
        some = data.draw(st.integers(min_value=max(1, len(there)), max_value=quantity))
        self.stock.moves(
            Transfer(
                warehouse=warehouse,
                sku=sku,
                lot=lot,
                quantity=some,
                origin=Account.RECEIVING,
                target=into,
                serials=tuple(there),
            ),
            kind=MovementKind.DISPOSITION,
        )

    @rule(sku=SKUS, origin=WAREHOUSES, lot=LOTS, quantity=FEW)
    def goods_are_sent(self, sku: str, origin: str, lot: str | None, quantity: int) -> None:
        target = "B" if origin == "A" else "A"
        command = SendStock(
            origin=origin, target=target, items=(SentItem(sku=sku, lot=lot, quantity=quantity),)
        )
        with refused_only_for("insufficient_stock"):
            self.stock.run(lambda reads, context: send(reads, command, context))

    @rule(quantity=FEW, lot=LOTS, is_last=st.booleans(), data=st.data())
    def goods_arrive(
        self, quantity: int, lot: str | None, is_last: bool, data: st.DataObject
    ) -> None:
        underway = [one for one in self._transfers() if one.state is not TransferState.ARRIVED]
        if not underway:
            return
        transfer = data.draw(st.sampled_from(underway))
        damaged = data.draw(st.integers(min_value=0, max_value=quantity))
        item = ArrivedItem(line_no="1", quantity=quantity, damaged=damaged, lot=lot)
        command = Arrive(items=(item,), is_last=is_last)
        with refused_only_for("invalid_arrival"):
            self.stock.run(
                lambda reads, context: arrive(reads, transfer.transfer_id, command, context)
            )

    @rule(
        sku=SKUS,
        warehouse=WAREHOUSES,
        lot=LOTS,
        quantity=FEW,
        reason=st.sampled_from(list(AdjustmentReason)),
        is_more=st.booleans(),
    )
    def stock_is_corrected(
        self,
        sku: str,
        warehouse: str,
        lot: str | None,
        quantity: int,
        reason: AdjustmentReason,
        is_more: bool,
    ) -> None:
        item = AdjustedItem(sku=sku, lot=lot, change=quantity if is_more else -quantity)
        command = AdjustStock(warehouse=warehouse, reason=reason, items=(item,), note="told")
        with refused_only_for("insufficient_stock", "invalid_adjustment"):
            self.stock.run(
                lambda reads, context: adjust(reads, command, context, needs_second=lambda _: False)
            )

    @rule(sku=SKUS, warehouse=WAREHOUSES, lot=LOTS, quantity=st.integers(0, 9))
    def stock_is_counted(self, sku: str, warehouse: str, lot: str | None, quantity: int) -> None:
        item = CountedItem(sku=sku, lot=lot, quantity=quantity)
        command = CountStock(warehouse=warehouse, items=(item,))
        self.stock.run(lambda reads, context: count_stock(reads, command, context))

    @invariant()
    def balances_sum_to_zero(self) -> None:
        """Per SKU over all warehouses, lots and accounts; and so does their value."""
        units: Counter[str] = Counter()
        value: Counter[str] = Counter()
        for balance in self.stock.store.stock.values():
            units[balance.sku] += balance.quantity
            value[balance.sku] += balance.value_minor.get("EUR", 0)
        assert not any(units.values())
        assert not any(value.values())

    @invariant()
    def nothing_physical_is_negative(self) -> None:
        for balance in self.stock.store.stock.values():
            assert balance.quantity >= 0 or balance.account not in PHYSICAL

    @invariant()
    def units_are_where_a_replay_of_all_movements_puts_them(self) -> None:
        movements = sorted(
            (one for one in self.stock.store.records.values() if isinstance(one, Movement)),
            key=lambda one: one.posted_at,
        )
        replayed: dict[tuple[str, str], Serial] = {}
        for one in movements:
            replayed |= {(p.sku, p.serial): p for p in positions_of([one])}
        assert replayed == self.stock.store.serials

    @invariant()
    def what_is_underway_is_what_transfers_say(self) -> None:
        said: Counter[str] = Counter()
        for transfer in self._transfers():
            for line in transfer.lines:
                said[line.sku] += line.left
        lies = Counter[str]()
        for balance in self.stock.store.stock.values():
            if balance.account is Account.IN_TRANSIT:
                lies[balance.sku] += balance.quantity
        assert +said == +lies

    @invariant()
    def what_left_available_by_count_or_transfer_leaves_no_value_behind(self) -> None:
        """An account without units in transit is worth nothing."""
        for balance in self.stock.store.stock.values():
            if balance.account is Account.IN_TRANSIT and balance.quantity == 0:
                assert not any(balance.value_minor.values())

    def _transfers(self) -> list[StockTransfer]:
        records = self.stock.store.records.values()
        return [one for one in records if isinstance(one, StockTransfer)]


TestAnySequence = AnySequence.TestCase
TestAnySequence.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)

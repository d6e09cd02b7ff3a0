"""Movements as those make them who post: transfers merged, so that each balance changes once.

Goods that turn out to carry another lot than the books say are relabelled: out of the one lot into
`adjustment`, out of `adjustment` into the other, so that each lot still sums to zero.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from chalicelib.core.errors import Conflict
from chalicelib.core.events import Context
from chalicelib.core.ids import derived_id
from chalicelib.inventory.model import (
    PHYSICAL,
    Account,
    Balance,
    Entry,
    Movement,
    MovementKind,
    Transfer,
    entries_for,
)


def movement(
    kind: MovementKind,
    source: str,
    transfers: Sequence[Transfer],
    context: Context,
    occasion: str,
    *,
    reverses: str | None = None,
    costed_by: Sequence[Balance] | None = None,
) -> Movement:
    """The movement of a command on this occasion; the same command makes the same one again.

    `source` is the subject of the document that causes it. At least one transfer is needed.
    `costed_by` are the balances that costs were taken from: it is written only while they hold.
    """
    entries = entries_for(merged_transfers(transfers))
    return Movement(
        movement_id=derived_id("mov", context.command_id, occasion),
        kind=kind,
        source=source,
        entries=entries if costed_by is None else guarded(entries, costed_by),
        posted_at=context.now,
        actor=context.actor,
        command_id=context.command_id,
        reverses=reverses,
    )


def guarded(entries: Sequence[Entry], balances: Sequence[Balance]) -> tuple[Entry, ...]:
    """The entries, written only while that still lies there which their costs were taken from.

    `balances` are what was read of the places that goods leave. Where nothing of value lies no cost
    was taken, and many may take goods out at once. Raises Conflict `insufficient_stock` where less
    lies in one of them.
    """
    held = {(one.warehouse, one.sku, one.lot, one.account): one for one in balances}
    change: Counter[tuple[str, str, str | None, Account]] = Counter()
    for entry in entries:
        change[_place(entry)] += entry.quantity
    expected: dict[tuple[str, str, str | None, Account], int] = {}
    for place, delta in change.items():
        if delta < 0 and place[-1] in PHYSICAL:
            lying = held.get(place)
            if lying is None or lying.quantity + delta < 0:
                raise _insufficient(*place)
            if any(lying.value_minor.values()):
                expected[place] = lying.quantity
    return tuple(
        replace(entry, expected=expected[_place(entry)]) if _place(entry) in expected else entry
        for entry in entries
    )


def _place(entry: Entry) -> tuple[str, str, str | None, Account]:
    return entry.warehouse, entry.sku, entry.lot, entry.account


def _insufficient(warehouse: str, sku: str, _: str | None, account: Account) -> Conflict:
    return Conflict(
        "insufficient_stock",
        f"Warehouse {warehouse} has less of {sku} in {account.value} than this needs.",
        warehouse=warehouse,
        sku=sku,
        account=account.value,
    )


def merged_transfers(transfers: Sequence[Transfer]) -> list[Transfer]:
    """One transfer per warehouse, SKU, lot, origin, target and cost: one change per balance."""
    together: dict[Transfer, Transfer] = {}
    for transfer in transfers:
        alike = replace(transfer, quantity=0, serials=())
        before = together.get(alike)
        if before is not None:
            transfer = replace(
                transfer,
                quantity=transfer.quantity + before.quantity,
                serials=before.serials + transfer.serials,
            )
        together[alike] = transfer
    return list(together.values())


def relabelled(
    transfer: Transfer, lot: str | None, expires_on: date | None = None
) -> tuple[Transfer, ...]:
    """The transfer, arriving under the lot that was read on the goods; as it is where none was.

    A movement that holds such transfers needs no kind of its own.
    """
    if lot is None:
        return (transfer,)
    if lot == transfer.lot:
        return (replace(transfer, expires_on=expires_on),)
    leaving = replace(transfer, target=Account.ADJUSTMENT, expires_on=None)
    arriving = replace(
        transfer,
        warehouse=transfer.target_warehouse or transfer.warehouse,
        target_warehouse=None,
        lot=lot,
        origin=Account.ADJUSTMENT,
        expires_on=expires_on,
    )
    return leaving, arriving

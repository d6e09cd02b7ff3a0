"""Movements as those make them who post: transfers merged, so that each balance changes once.

Goods that turn out to carry another lot than the books say are relabelled: out of the one lot into
`adjustment`, out of `adjustment` into the other, so that each lot still sums to zero.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from chalicelib.core.events import Context
from chalicelib.core.ids import derived_id
from chalicelib.inventory.model import Account, Movement, MovementKind, Transfer, entries_for


def movement(
    kind: MovementKind,
    source: str,
    transfers: Sequence[Transfer],
    context: Context,
    occasion: str,
    *,
    reverses: str | None = None,
) -> Movement:
    """The movement of a command on this occasion; the same command makes the same one again.

    `source` is the subject of the document that causes it. At least one transfer is needed.
    """
    return Movement(
        movement_id=derived_id("mov", context.command_id, occasion),
        kind=kind,
        source=source,
        entries=entries_for(merged_transfers(transfers)),
        posted_at=context.now,
        actor=context.actor,
        command_id=context.command_id,
        reverses=reverses,
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

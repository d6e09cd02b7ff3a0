"""A person states when a lot expires: that counts from then on, whatever was read on goods."""

from dataclasses import dataclass, replace
from datetime import date

from chalicelib.core.commands import Changes, Decided
from chalicelib.core.errors import Stale
from chalicelib.core.events import Chain, Context, Journal
from chalicelib.inventory.lots import Lot, LotReader, LotStatement


@dataclass(frozen=True, slots=True, kw_only=True)
class StateLot:
    """`expires_on` None: goods of this lot do not expire."""

    sku: str
    lot: str
    expires_on: date | None
    note: str | None = None


def state_lot(reads: LotReader, command: StateLot, context: Context) -> Decided[Lot]:
    """Keep the statement beside the dates that were read; the same again changes nothing."""
    known = reads.lot(command.sku, command.lot) or Lot(sku=command.sku, lot=command.lot)
    before = known.statement
    version = 0 if before is None else before.version
    if before is not None and (before.expires_on, before.note) == (
        command.expires_on,
        command.note,
    ):
        return Decided(result=known)
    if context.expected_version not in (None, version):
        raise Stale(
            "stale_version",
            f"What was stated is at version {version}, not {context.expected_version}.",
            subject=f"lot/{command.sku}#{command.lot}",
            expected=context.expected_version,
            actual=version,
        )
    statement = LotStatement(
        sku=command.sku,
        lot=command.lot,
        expires_on=command.expires_on,
        stated_at=context.now,
        stated_by=context.actor.id,
        note=command.note,
        version=version + 1,
        chain=Chain() if before is None else before.chain,
    )
    journal = Journal(statement.subject, statement.chain, context)
    journal.record(
        "lot.stated",
        {
            "sku": command.sku,
            "lot": command.lot,
            "version": statement.version,
            "expires_on": command.expires_on.isoformat() if command.expires_on else None,
        },
    )
    statement = replace(statement, chain=journal.chain)
    after = Lot(
        sku=known.sku,
        lot=known.lot,
        expires_on=command.expires_on,
        first_seen=known.first_seen,
        dates_read=known.dates_read,
        statement=statement,
    )
    return Decided(
        result=after, changes=Changes(records=(statement,), events=tuple(journal.events))
    )

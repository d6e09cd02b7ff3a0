"""Liability claims in lists, the oldest first, by state and party."""

from collections.abc import Iterator
from dataclasses import dataclass

from chalicelib.core.clock import rfc3339
from chalicelib.liability.model import LiabilityClaim, LiabilityRow, LiabilityState, Liable
from chalicelib.store.codec import record_in
from chalicelib.store.pages import LIMIT_DEFAULT, Ask, Page, page_of
from chalicelib.store.row import Row, list_name
from chalicelib.store.table import Item, Table


@dataclass(frozen=True, slots=True, kw_only=True)
class LiabilityFilters:
    """Which claims: all that is given must fit. `within`: the warehouses the caller may see."""

    state: LiabilityState | None = None
    against: Liable | None = None
    party: str | None = None
    within: frozenset[str] | None = None

    def fit(self, row: LiabilityRow) -> bool:
        return (
            self.state in (None, row.state)
            and self.against in (None, row.against)
            and self.party in (None, row.party)
            and (self.within is None or row.warehouse in {None, *self.within})
        )

    @property
    def said(self) -> str:
        within = "all" if self.within is None else ",".join(sorted(self.within))
        return f"{self.state}#{self.against}#{self.party}#{within}"


def liability_claims(
    views: Table, filters: LiabilityFilters, limit: int = LIMIT_DEFAULT, cursor: str | None = None
) -> Page[LiabilityRow]:
    """The oldest first, from the shortest list that the filters allow."""
    state = filters.state.value if filters.state is not None else None
    ask = Ask(
        list_name("LIABILITIES", state=state),
        LiabilityRow,
        keep=filters.fit,
        said=filters.said,
        is_bucketed=True,
        newest_first=False,
    )
    return page_of(views, ask, limit, cursor)


def liability_rows(item: Item) -> Iterator[Row]:
    """In the list of all, and in that of its state."""
    claim = record_in(item, LiabilityClaim)
    body = LiabilityRow(
        claim_id=claim.claim_id,
        state=claim.state,
        against=claim.against,
        party=claim.party,
        quantity=claim.quantity,
        sku=claim.sku,
        warehouse=claim.warehouse,
        amount=claim.amount,
        recovered=claim.recovered,
        return_id=claim.return_id,
        opened_at=claim.opened_at,
        closed_at=claim.closed_at,
        version=claim.version,
    )
    sort = f"{rfc3339(claim.opened_at)}#{claim.claim_id}"
    for name in (list_name("LIABILITIES"), list_name("LIABILITIES", state=claim.state.value)):
        yield Row(list_name=name, bucket=f"{claim.opened_at:%Y-%m}", sort=sort, body=body)

"""What is asked for by lists of a warehouse whose rows have a state."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class PlacedRow(Protocol):
    @property
    def warehouse(self) -> str: ...

    @property
    def state(self) -> StrEnum: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceFilters:
    """All that is given must fit. `within`: the warehouses that the caller may see; None: all."""

    warehouse: str | None = None
    state: StrEnum | None = None
    within: frozenset[str] | None = None

    def fit(self, row: PlacedRow) -> bool:
        return (
            self.warehouse in (None, row.warehouse)
            and self.state in (None, row.state)
            and (self.within is None or row.warehouse in self.within)
        )

    @property
    def said(self) -> str:
        """What signed cursors are bound to."""
        within = "all" if self.within is None else ",".join(sorted(self.within))
        return f"{self.warehouse}#{self.state}#{within}"

"""Balances against the movements that made them: quantity and value of every account.

Pure. Memory grows with the number of balances, not of movements.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from chalicelib.core.events import Json
from chalicelib.inventory.model import PHYSICAL, Balance
from chalicelib.reconciliation.model import Finding, Held, Place, Posting, place_name


@dataclass(slots=True)
class Sum:
    """What the movements of one account come to."""

    quantity: int = 0
    value_minor: dict[str, int] = field(default_factory=dict)

    def add(self, quantity: int, values: Mapping[str, int], sign: int = 1) -> None:
        self.quantity += sign * quantity
        for currency, minor in values.items():
            self.value_minor[currency] = self.value_minor.get(currency, 0) + sign * minor

    @property
    def is_nothing(self) -> bool:
        return self.quantity == 0 and not any(self.value_minor.values())


@dataclass(slots=True)
class Ledger:
    """Movements less balances, account by account: all that is right comes to nothing.

    `only` restricts it to some accounts (for looking again).
    """

    only: frozenset[Place] | None = None
    sums: dict[Place, Sum] = field(default_factory=dict)
    negative: set[Place] = field(default_factory=set)
    balances: int = 0
    held: dict[Place, int] = field(default_factory=dict)

    def post(self, posting: Posting) -> None:
        for entry in posting.entries:
            place = entry.place
            if self.only is not None and place not in self.only:
                continue
            cost = entry.unit_cost
            values = {} if cost is None else {cost.currency: cost.minor * entry.quantity}
            self._sum(place).add(entry.quantity, values)

    def hold(self, balance: Balance) -> None:
        place = (balance.warehouse, balance.sku, balance.lot, balance.account)
        self.balances += 1
        self.held[place] = balance.quantity
        self._sum(place).add(balance.quantity, balance.value_minor, -1)
        if balance.quantity < 0 and balance.account in PHYSICAL:
            self.negative.add(place)

    def held_in(self, place: Place) -> int:
        """What the balance of a place said when it was seen."""
        return self.held.get(place, 0)

    def suspicious(self) -> frozenset[Place]:
        """Accounts to look at again: a scan sees movements and balances at different moments."""
        drifting = {place for place, rest in self.sums.items() if not rest.is_nothing}
        return frozenset(drifting | self.negative)

    def _sum(self, place: Place) -> Sum:
        found = self.sums.get(place)
        if found is None:
            found = self.sums[place] = Sum()
        return found


def balance_findings(
    places: Iterable[Place], ledger: Ledger, held: Mapping[Place, Held]
) -> Iterator[Finding]:
    """Differences of balances that did not move while the movements were summed."""
    for place in sorted(places, key=place_name):
        posted, has = ledger.sums.get(place, Sum()), held[place]
        subject = place_name(place)
        if posted.quantity != has.quantity:
            yield Finding(
                kind="balance_quantity",
                subject=subject,
                expected=posted.quantity,
                found=has.quantity,
                cause="The balance was changed without a movement, or a movement is missing.",
                proposed_repair=f"Count it; by its movements the balance is {posted.quantity}.",
            )
        expected, found = _values(posted.value_minor), _values(has.value_minor)
        if expected != found:
            yield Finding(
                kind="balance_value",
                subject=subject,
                expected=expected,
                found=found,
                cause="The value was changed without a movement, or a movement is missing.",
                proposed_repair="Set the value to what the movements are worth.",
            )
        if has.quantity < 0 and place[3] in PHYSICAL:
            yield Finding(
                kind="negative_stock",
                subject=subject,
                expected="0 or more",
                found=has.quantity,
                cause="More was taken out than there was; a count was undone after a sale.",
                proposed_repair="Count this SKU.",
            )


def unbalanced(posting: Posting) -> Iterator[Finding]:
    """A movement whose entries do not sum to zero per SKU and lot makes or loses goods."""
    sums: dict[tuple[str, str | None], int] = {}
    for entry in posting.entries:
        key = (entry.sku, entry.lot)
        sums[key] = sums.get(key, 0) + entry.quantity
    for (sku, lot), rest in sums.items():
        if rest:
            yield Finding(
                kind="movement_unbalanced",
                subject=f"movement/{posting.movement_id}",
                expected=0,
                found=rest,
                cause=f"{posting.source}: entries of {sku} lot {lot or '-'} do not sum to zero.",
                proposed_repair="Post the missing side as a correction.",
            )


def _values(value_minor: Mapping[str, int]) -> dict[str, Json]:
    return {currency: minor for currency, minor in sorted(value_minor.items()) if minor}

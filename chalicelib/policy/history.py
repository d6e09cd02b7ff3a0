"""What a customer did within the last 365 days, as the facts that policies ask about."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from chalicelib.core.money import Money
from chalicelib.policy.conditions import Value


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerHistory:
    """Counted at one moment, looking back. Drafts, and returns that were withdrawn, do not count.

    `returned_value_12m`: minor units by currency. `returned_used_12m`: units that came back with
    traces of use that nobody but the customer answers for.
    """

    returns_12m: int = 0
    returns_30d: int = 0
    units_returned_12m: int = 0
    units_bought_12m: int = 0
    returned_value_12m: Mapping[str, int] = field(default_factory=dict)
    serial_mismatches_12m: int = 0
    empty_boxes_12m: int = 0
    returned_used_12m: int = 0
    lists: frozenset[str] = frozenset()

    @property
    def return_rate(self) -> int | None:
        """Units returned per 100 bought, rounded down; None where nothing was bought."""
        if self.units_bought_12m == 0:
            return None
        return self.units_returned_12m * 100 // self.units_bought_12m


def facts(history: CustomerHistory, currency: str) -> dict[str, Value]:
    """The facts about a customer, for a request in this currency; other currencies are no part."""
    return {
        "customer_lists": history.lists,
        "customer_returns_12m": history.returns_12m,
        "customer_returns_30d": history.returns_30d,
        "customer_return_rate": history.return_rate,
        "customer_returned_value_12m": Money(history.returned_value_12m.get(currency, 0), currency),
        "customer_used_12m": history.returned_used_12m,
        "serial_mismatches_12m": history.serial_mismatches_12m,
        "empty_boxes_12m": history.empty_boxes_12m,
    }

"""After how many days goods that still lie somewhere are old, and how early a lot is sold off.

A setting of the stage, with own days for single warehouses. What is not stated is as usual.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from chalicelib.core.errors import Invalid
from chalicelib.inventory.model import Account

EXPIRING = "expiring"
_STATED = re.compile(r"(?:(?P<warehouse>[^/=]+)/)?(?P<name>[a-z_]+)=(?P<days>\d{1,4})", re.ASCII)
_USUAL: dict[Account, int] = {
    Account.RECEIVING: 3,
    Account.QUARANTINE: 14,
    Account.DAMAGED: 30,
    Account.REPAIR: 30,
    Account.IN_TRANSIT: 14,
}
AGEING = frozenset(_USUAL)
"""Accounts in which goods do not stay."""
_NAMES = frozenset({EXPIRING, *(account.value for account in AGEING)})


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertDays:
    """`lying`: after how many days; `expiring`: how many before the end of a lot. 0: never."""

    lying: Mapping[Account, int] = field(default_factory=lambda: dict(_USUAL))
    expiring: int = 30

    def with_days(self, name: str, days: int) -> "AlertDays":
        """The same but for one: `expiring`, or an account in which goods do not stay."""
        if name == EXPIRING:
            return replace(self, expiring=days)
        return replace(self, lying={**self.lying, Account(name): days})


USUAL = AlertDays()


@dataclass(frozen=True, slots=True, kw_only=True)
class DaysByWarehouse:
    """The days of the stage, and those of warehouses that have their own."""

    stage: AlertDays = USUAL
    own: Mapping[str, AlertDays] = field(default_factory=dict)

    def of(self, warehouse: str) -> AlertDays:
        return self.own.get(warehouse, self.stage)


def days_by_warehouse(text: str) -> DaysByWarehouse:
    """Read from `quarantine=7 WH2/quarantine=21`; raises Invalid `bad_days` for anything else."""
    stage = USUAL
    own: dict[str, list[tuple[str, int]]] = {}
    for part in text.split():
        stated = _STATED.fullmatch(part)
        if stated is None or stated["name"] not in _NAMES:
            example = "quarantine=14 or WH2/expiring=30"
            raise Invalid("bad_days", f"{part!r} is no limit like {example}.")
        name, days = stated["name"], int(stated["days"])
        if stated["warehouse"] is None:
            stage = stage.with_days(name, days)
        else:
            own.setdefault(stated["warehouse"], []).append((name, days))
    return DaysByWarehouse(stage=stage, own={place: _own(stage, of) for place, of in own.items()})


def _own(stage: AlertDays, stated: list[tuple[str, int]]) -> AlertDays:
    """What a warehouse does not state is as in its stage, wherever that stands in the text."""
    for name, days in stated:
        stage = stage.with_days(name, days)
    return stage

"""What a run of the demo ends with, read back from the API: returns, stock, money, open ends."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from chalicelib.core.money import Money
from tools.demo.desk import READER, Desk, kept_money, paid_money
from tools.replay.parallel import for_each
from tools.replay.progress import NO_BAR

Answers = Sequence[Mapping[str, Any]]
"""Documents as the API answers them."""
_ON_ITS_WAY = frozenset({"APPROVED", "PARTLY_APPROVED", "AWAITING_SHIPMENT", "IN_TRANSIT"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What came of one scene, or of one check at the end."""

    title: str
    is_right: bool
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadBack:
    """The returns of a run as they are now, and what they moved. Units by account: + in, - out.

    `paid` went back, `kept` are fees that policies kept of it; both by currency.
    """

    returns_by_outcome: Mapping[str, int]
    units_by_account: Mapping[str, int]
    paid: Mapping[str, str]
    kept: Mapping[str, str]
    open_exceptions: Mapping[str, int]

    @property
    def is_balanced(self) -> bool:
        """What came from somewhere is somewhere."""
        return not sum(self.units_by_account.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """One run, told to people and programs."""

    run: str
    orders_put: int
    orders_imported: int
    scenes: Sequence[Told]
    everyday: Sequence[Told]
    checks: Sequence[Told]
    read_back: ReadBack
    links: Mapping[str, str]
    elapsed_s: float

    @property
    def wrong(self) -> list[Told]:
        return [told for told in self.told if not told.is_right]

    @property
    def told(self) -> list[Told]:
        return [*self.scenes, *self.everyday, *self.checks]

    def as_dict(self) -> dict[str, Any]:
        return {"ok": not self.wrong, **asdict(self)}


def read_back(desk: Desk, *, workers: int) -> ReadBack:
    """From the documents themselves: lists may lag."""
    returns = _each(desk, [f"/returns/{name}" for name in desk.opened], workers)
    moved = _each(desk, [f"/stock/movements?return_id={name}" for name in desk.opened], workers)
    names = sorted(set(desk.exceptions))
    exceptions = _each(desk, [f"/exceptions/{name}" for name in names], workers)
    waiting = [exception for exception in exceptions if exception["state"] == "open"]
    in_doubt = {exception["return_id"] for exception in waiting}
    return ReadBack(
        returns_by_outcome=_counted(_outcome(answer, in_doubt) for answer in returns),
        units_by_account=_units(moved),
        paid=_by_currency(returns, paid_money),
        kept=_by_currency(returns, kept_money),
        open_exceptions=_counted(exception["kind"] for exception in waiting),
    )


def _each(desk: Desk, paths: Sequence[str], workers: int) -> Answers:
    def read(path: str) -> Mapping[str, Any]:
        return dict(desk.caller.get(READER, path))

    return for_each(paths, read, workers=workers, bar=NO_BAR)


def _counted(names: Any) -> dict[str, int]:  # Any: texts from JSON
    """The most frequent first."""
    return dict(Counter(names).most_common())


def _outcome(answer: Mapping[str, Any], in_doubt: set[str]) -> str:
    if answer["id"] in in_doubt:
        return "waiting for a person"
    if answer["status"] == "COMPLETED":
        return "refunded" if paid_money(answer).minor else "closed without refund"
    if any(line["quantities"]["hold"] for line in answer["lines"]):
        return "on hold"
    status = str(answer["status"])
    return "on its way" if status in _ON_ITS_WAY else status.replace("_", " ").lower()


def _units(moved: Answers) -> dict[str, int]:
    units = Counter[str]()
    for entry in (e for page in moved for movement in page["items"] for e in movement["entries"]):
        units[entry["account"]] += entry["quantity"]
    return {account: count for account, count in sorted(units.items()) if count}


def _by_currency(
    returns: Answers, money_of: Callable[[Mapping[str, Any]], Money]
) -> dict[str, str]:
    by_currency: dict[str, list[Money]] = {}
    for answer in returns:
        by_currency.setdefault(answer["currency"], []).append(money_of(answer))
    totals = {name: Money.total(amounts, name) for name, amounts in sorted(by_currency.items())}
    return {name: total.amount for name, total in totals.items() if total.minor}

"""What a simulation counts: exact sums in memory that does not grow with the returns.

Each segment has at most so many values of its own, the first that are met; all others count as
`other`. A return counts once in each category and reason of its lines, there with the money of
those lines alone, before fees of the whole return; everywhere else with all of it.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Self

from chalicelib.core.events import Json
from chalicelib.core.money import Money
from chalicelib.policy.simulating import NOT_SAID, Change, Comparison, LineMoney

VALUES_MAX = 25
OTHER = "other"
CURRENCIES_MAX = 8
"""How many currencies the figures of one segment tell of; the totals tell of all."""
SEGMENTS = ("region", "channel", "category", "customer_class", "reason", "type", "month")
_OF_LINES = frozenset({"category", "reason"})
_CODES = {change: f"{place:x}" for place, change in enumerate(Change)}
_CHANGES = {code: change for change, code in _CODES.items()}


@dataclass(slots=True, kw_only=True)
class Sums:
    """Minor units of one currency on both sides."""

    fees_before: int = 0
    fees_after: int = 0
    refund_before: int = 0
    refund_after: int = 0

    def add(self, other: "Sums") -> None:
        self.fees_before += other.fees_before
        self.fees_after += other.fees_after
        self.refund_before += other.refund_before
        self.refund_after += other.refund_after

    @property
    def as_list(self) -> list[Json]:
        return [self.fees_before, self.fees_after, self.refund_before, self.refund_after]


@dataclass(slots=True, kw_only=True)
class Figures:
    """Of all returns, or of one value of a segment. `different` counts what would go otherwise."""

    returns: int = 0
    different: int = 0
    changes: Counter[Change] = field(default_factory=Counter)
    money: dict[str, Sums] = field(default_factory=dict)

    def count(self, compared: Comparison) -> None:
        self.returns += 1
        self.different += compared.is_different
        self.changes.update(compared.changes)

    def pay(self, currency: str, sums: Sums, *, currencies_max: int | None = None) -> None:
        if currency not in self.money:
            if currencies_max is not None and len(self.money) >= currencies_max:
                return
            self.money[currency] = Sums()
        self.money[currency].add(sums)

    def merge(self, other: "Figures", *, currencies_max: int | None = None) -> None:
        self.returns += other.returns
        self.different += other.different
        self.changes.update(other.changes)
        for currency, sums in other.money.items():
            self.pay(currency, sums, currencies_max=currencies_max)

    def as_json(self) -> dict[str, Json]:
        """For people and programs: money as decimal strings."""
        return {
            "returns": self.returns,
            "different": self.different,
            "changes": {c.value: self.changes[c] for c in Change if self.changes[c]},
            "money": [
                {
                    "currency": currency,
                    "fees_before": Money(sums.fees_before, currency).amount,
                    "fees_after": Money(sums.fees_after, currency).amount,
                    "refund_before": Money(sums.refund_before, currency).amount,
                    "refund_after": Money(sums.refund_after, currency).amount,
                }
                for currency, sums in sorted(self.money.items())
            ],
        }

    def kept(self) -> list[Json]:
        """For a checkpoint: short."""
        changes: dict[str, Json] = {_CODES[c]: n for c, n in self.changes.items() if n}
        money: dict[str, Json] = {currency: s.as_list for currency, s in self.money.items()}
        return [self.returns, self.different, changes, money]

    @classmethod
    def of(cls, kept: Json) -> Self:
        """What `kept` wrote."""
        assert isinstance(kept, list), "written by kept"
        returns, different, changes, money = kept
        figures = cls(returns=_int(returns), different=_int(different))
        for code, number in _items(changes):
            figures.changes[_CHANGES[code]] = _int(number)
        for currency, sums in _items(money):
            assert isinstance(sums, list), "written by kept"
            fees_before, fees_after, refund_before, refund_after = map(_int, sums)
            figures.money[currency] = Sums(
                fees_before=fees_before,
                fees_after=fees_after,
                refund_before=refund_before,
                refund_after=refund_after,
            )
        return figures


@dataclass(slots=True, kw_only=True)
class Tally:
    """Everything a simulation has counted so far. `flows` count returns by both verdicts.

    `unknown_facts`: of how many returns a fact was not known that the version asks for. Returns
    that cannot be replayed are counted by what they lack, and are no part of the figures.
    """

    total: Figures = field(default_factory=Figures)
    flows: Counter[str] = field(default_factory=Counter)
    segments: dict[str, dict[str, Figures]] = field(
        default_factory=lambda: {name: {} for name in SEGMENTS}
    )
    unknown_facts: Counter[str] = field(default_factory=Counter)
    not_replayable: Counter[str] = field(default_factory=Counter)

    def take(self, compared: Comparison, unknown: Iterable[str] = ()) -> None:
        """One past return that could be replayed."""
        past = compared.past
        self.unknown_facts.update(unknown)
        self.flows[f"{compared.before.verdict.value}>{compared.after.verdict.value}"] += 1
        self.total.count(compared)
        whole = _whole(compared)
        self.total.pay(past.currency, whole)
        named = {
            "region": past.region,
            "channel": past.channel,
            "customer_class": past.customer_class,
            "type": past.type,
            "month": f"{past.requested_at:%Y-%m}",
        }
        for segment, value in named.items():
            figures = self._figures(segment, value or NOT_SAID)
            figures.count(compared)
            figures.pay(past.currency, whole, currencies_max=CURRENCIES_MAX)
        self._take_lines("category", [line.category or NOT_SAID for line in past.lines], compared)
        self._take_lines("reason", [line.reason for line in past.lines], compared)

    def leave_out(self, why: str) -> None:
        """One past return that cannot be replayed."""
        self.not_replayable[why] += 1

    def merge(self, other: "Tally") -> None:
        """Take over what another one counted of other returns."""
        self.total.merge(other.total)
        self.flows.update(other.flows)
        self.unknown_facts.update(other.unknown_facts)
        self.not_replayable.update(other.not_replayable)
        for segment, values in other.segments.items():
            for value, figures in values.items():
                into = self._figures(segment, value)
                into.merge(figures, currencies_max=CURRENCIES_MAX)

    def _take_lines(self, segment: str, values: list[str], compared: Comparison) -> None:
        """The money of lines whose value has no place of its own comes together in `other`."""
        counted: set[int] = set()
        for value, before, after in zip(
            values, compared.before.lines, compared.after.lines, strict=True
        ):
            figures = self._figures(segment, value)
            if id(figures) not in counted:
                counted.add(id(figures))
                figures.count(compared)
            sums = _of_line(before, after)
            figures.pay(compared.past.currency, sums, currencies_max=CURRENCIES_MAX)

    def _figures(self, segment: str, value: str) -> Figures:
        known = self.segments[segment]
        if value not in known:
            own = len(known) - (OTHER in known)
            value = value if own < VALUES_MAX else OTHER
        return known.setdefault(value, Figures())

    def as_json(self) -> dict[str, Json]:
        """The whole report, the largest values of each segment first."""
        return {
            **self.summary(),
            "segments": {
                segment: [{"value": value, **figures.as_json()} for value, figures in _ranked(of)]
                for segment, of in self.segments.items()
            },
        }

    def summary(self) -> dict[str, Json]:
        """Without segments: small, however much was simulated."""
        return {
            **self.total.as_json(),
            "flows": dict(sorted(self.flows.items())),
            "unknown_facts": dict(sorted(self.unknown_facts.items())),
            "not_replayable": dict(sorted(self.not_replayable.items())),
        }

    def kept(self) -> dict[str, Json]:
        """For a checkpoint."""
        return {
            "total": self.total.kept(),
            "flows": dict(self.flows),
            "unknown": dict(self.unknown_facts),
            "left_out": dict(self.not_replayable),
            "segments": {
                segment: {value: figures.kept() for value, figures in values.items()}
                for segment, values in self.segments.items()
            },
        }

    @classmethod
    def of(cls, kept: Json) -> Self:
        """What `kept` wrote; a fresh one where nothing was kept."""
        if not isinstance(kept, dict):
            return cls()
        tally = cls(total=Figures.of(kept["total"]))
        for counter, name in (
            (tally.flows, "flows"),
            (tally.unknown_facts, "unknown"),
            (tally.not_replayable, "left_out"),
        ):
            counter.update({key: _int(number) for key, number in _items(kept[name])})
        for segment, values in _items(kept["segments"]):
            tally.segments[segment] = {v: Figures.of(figures) for v, figures in _items(values)}
        return tally


def _whole(compared: Comparison) -> Sums:
    before, after = compared.before, compared.after
    return Sums(
        fees_before=before.fees.minor,
        fees_after=after.fees.minor,
        refund_before=before.refund.minor,
        refund_after=after.refund.minor,
    )


def _of_line(before: LineMoney, after: LineMoney) -> Sums:
    return Sums(
        fees_before=before.fees.minor,
        fees_after=after.fees.minor,
        refund_before=before.refund.minor,
        refund_after=after.refund.minor,
    )


def _ranked(values: Mapping[str, Figures]) -> Iterator[tuple[str, Figures]]:
    return iter(sorted(values.items(), key=lambda one: (-one[1].returns, one[0])))


def _items(kept: Json) -> Iterator[tuple[str, Json]]:
    assert isinstance(kept, dict), "written by kept"
    return iter(kept.items())


def _int(kept: Json) -> int:
    assert isinstance(kept, int), "written by kept"
    return kept

"""How much may be scrapped or given away by one person alone, and what that is counted over.

Counted is what one person writes off on one day, over all returns, and what is written off of one
return, by whomever and whenever: cutting a large write-off into small pieces changes neither sum.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Protocol

from chalicelib.core import runs
from chalicelib.core.errors import FieldError, Invalid
from chalicelib.core.events import Json
from chalicelib.core.money import Money
from chalicelib.core.runs import Runs
from chalicelib.inventory.model import MovementKind
from chalicelib.returns.facts import money
from chalicelib.returns.model import Disposition, Return, ReturnLine

WRITE_OFFS = frozenset({Disposition.SCRAP, Disposition.DONATE})
"""After these the goods are nobody's stock any more, and nothing was got for them."""
_KINDS = {Disposition.SCRAP: MovementKind.SCRAP, Disposition.DONATE: MovementKind.DONATION}


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What shows that goods were written off. All are references, none is anybody's words.

    Of scrap: photos, the certificate of destruction, who saw it. Of a gift: to whom, their receipt.
    """

    photos: tuple[str, ...] = ()
    certificate: str | None = None
    witness: str | None = None
    recipient: str | None = None
    receipt: str | None = None

    def beside(self, before: "Proof | None") -> "Proof":
        """With what was shown before, and is not shown otherwise now."""
        if before is None:
            return self
        return Proof(
            photos=tuple(dict.fromkeys((*before.photos, *self.photos))),
            certificate=self.certificate or before.certificate,
            witness=self.witness or before.witness,
            recipient=self.recipient or before.recipient,
            receipt=self.receipt or before.receipt,
        )

    def facts(self) -> dict[str, Json]:
        """As events tell of it."""
        return {
            "photos": list(self.photos),
            "certificate": self.certificate,
            "witness": self.witness,
            "recipient": self.recipient,
            "receipt": self.receipt,
        }


@dataclass(frozen=True, slots=True)
class SecondAbove:
    """Minor units by currency above which two persons write off; empty: one always may.

    Where there are limits, what is worth another currency always takes two: it fits under none.
    """

    limits: Mapping[str, int] = field(default_factory=dict)

    def is_passed(self, sums: Mapping[str, int]) -> bool:
        """Whether any of these sums, in minor units by currency, is above its limit."""
        return bool(self.limits) and any(
            minor > self.limits.get(currency, -1) for currency, minor in sums.items()
        )


ALWAYS_ALONE = SecondAbove()


def second_above(text: str) -> SecondAbove:
    """Read from `EUR=500.00 CNY=4000.00`; raises Invalid for what is no such list."""
    limits: dict[str, int] = {}
    for part in text.replace(",", " ").split():
        currency, is_given, amount = part.partition("=")
        if not is_given or currency in limits:
            raise Invalid("bad_limit", f"{part!r} is no limit like EUR=500.00, or is there twice.")
        limits[currency] = Money.parse(amount, currency).minor
    return SecondAbove(limits)


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteOffDay:
    """What a person wrote off alone on one day (UTC), in minor units by currency."""

    person: str
    day: date
    minor: dict[str, int] = field(default_factory=dict)
    version: int = 0

    def with_more(self, sums: Mapping[str, int]) -> "WriteOffDay":
        """At its next version."""
        together = Counter(self.minor) + Counter(sums)
        return replace(self, minor=dict(together), version=self.version + 1)


class WriteOffReader(Protocol):
    """Reads what a person wrote off on a day; nothing yet: version 0."""

    def write_off_day(self, person: str, day: date) -> WriteOffDay: ...


def day_of(moment: datetime) -> date:
    return moment.astimezone(UTC).date()


def worth_of(line: ReturnLine, units: Runs) -> Money:
    """At original issue cost; where that is not known, what was paid for them."""
    if line.unit_cost is None:
        return line.value_of(units)
    return Money(line.unit_cost.minor * runs.size(units), line.unit_cost.currency)


def sums_of(amounts: Iterable[Money]) -> dict[str, int]:
    """Minor units by currency."""
    sums: Counter[str] = Counter()
    for amount in amounts:
        sums[amount.currency] += amount.minor
    return dict(sums)


def takes_two(
    limits: SecondAbove,
    before: Return,
    amounts: Iterable[Money],
    day: WriteOffDay,
    others: Iterable[Money] = (),
) -> bool:
    """Whether writing off these amounts of the return passes a limit of the day or the return.

    `others` are of other returns, in the same command: they count for the day.
    """
    now = Counter(sums_of(amounts))
    today = now + Counter(day.minor) + Counter(sums_of(others))
    return limits.is_passed(today) or limits.is_passed(now + Counter(_written_off(before)))


def _written_off(ret: Return) -> dict[str, int]:
    return sums_of(
        worth_of(line, group.units)
        for line in ret.lines
        for group in line.groups
        if group.disposition in WRITE_OFFS
    )


def kind_for(dispositions: Iterable[Disposition]) -> MovementKind:
    """How the ledger calls a movement of goods that go these ways."""
    ways = set(dispositions)
    only = ways.pop() if len(ways) == 1 else None
    return _KINDS.get(only, MovementKind.DISPOSITION) if only else MovementKind.DISPOSITION


def cost_facts(line: ReturnLine, units: Runs, proof: Proof | None) -> dict[str, Json]:
    """What the books need to know of a write-off, beside the units."""
    shown: dict[str, Json] = {**proof.facts()} if proof is not None else {}
    return {"worth": money(worth_of(line, units)), "proof": shown or None}


def proves(proof: Proof, disposition: Disposition) -> bool:
    """Whether it shows, if anything, that goods went this way."""
    of_gifts = proof.recipient is not None or proof.receipt is not None
    of_scrap = bool(proof.photos) or proof.certificate is not None or proof.witness is not None
    fits = {Disposition.SCRAP: not of_gifts, Disposition.DONATE: proof.certificate is None}
    return fits.get(disposition, False) or not (of_gifts or of_scrap)


def check_proof(disposition: Disposition, proof: Proof | None, pointer: str) -> None:
    """Raises Invalid for proof of something that does not happen to these goods."""
    if proof is not None and not proves(proof, disposition):
        message = f"This does not prove what {disposition.value} says."
        fault = FieldError(pointer=pointer, code="proof_of_other_thing", message=message)
        raise Invalid("proof_of_other_thing", message, errors=[fault])

"""How inspections are sampled and what is proposed for goods: the merchant's own figures, as data.

One record with versions; each change is a new version, and those before stay readable.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from itertools import pairwise
from typing import Protocol

from chalicelib.core.clock import rfc3339
from chalicelib.core.commands import Changes, Decided
from chalicelib.core.errors import FieldError, Invalid, Stale
from chalicelib.core.events import Chain, Context, Journal
from chalicelib.inspection.costs import WorkCost, faults_of_costs

PARTS = 10_000
"""Shares are parts of this: 500 is 5 %."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """Which inspections a second inspector repeats unseen: a share of all, and the first ones of
    each new inspector. `seed` decides, with the id and the moment of the inspection, which ones
    they are.
    """

    share: int = 0
    first_of_new: int = 0
    seed: str = "1"

    def draws(self, inspection_id: str, at: datetime, share: int | None = None) -> bool:
        """Whether this inspection is in the sample; anybody can work it out again, but not before:
        the id follows from a key that the client chose, the moment does not.
        """
        digest = sha256(f"{self.seed}\x1f{inspection_id}\x1f{rfc3339(at)}".encode()).digest()
        return int.from_bytes(digest[:8], "big") * PARTS < (
            self.share if share is None else share
        ) * (1 << 64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """The table that proposals are made by; shares are parts of 10,000.

    `repair_at_most`: of the resale value; `rtv_from`: of the unit cost, what the supplier gives for
    it; `scrap_below`: of the unit cost, the resale value; `resale`: of the unit cost, what goods of
    a grade bring where nobody knows better; `expiry_days`: fewer days left are not sold.
    `slow_days`: where stock lasts for longer than so many days, goods bring half. `demand_days`: of
    how many days the sales are counted. `work_costs`: what it takes to make goods sellable again.
    """

    restock_grades: tuple[str, ...] = ("A", "B")
    repack_defects: tuple[str, ...] = ("PACKAGING_DAMAGED", "PACKAGING_MISSING", "TAG_REMOVED")
    never_sold: tuple[str, ...] = ("COUNTERFEIT", "SAFETY_HAZARD", "CONTAMINATED")
    resale: dict[str, int] = field(
        default_factory=lambda: {"A": 10_000, "B": 8_500, "C": 5_000, "D": 1_000}
    )
    repair_at_most: int = 5_000
    rtv_from: int = 2_500
    scrap_below: int = 1_000
    expiry_days: int = 30
    donate_expiry_days: int = 3
    slow_days: int = 180
    demand_days: int = 90
    work_costs: tuple[WorkCost, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class InspectionRules:
    """`version` 0: nobody has changed anything, and nothing is sampled."""

    sampling: Sampling = Sampling()
    thresholds: Thresholds = field(default_factory=Thresholds)
    changed_at: datetime | None = None
    changed_by: str | None = None
    version: int = 0
    chain: Chain = Chain()

    @property
    def edition(self) -> int:
        """As the rules are counted for people: the first ones come with the product."""
        return self.version + 1

    @property
    def subject(self) -> str:
        return "inspectionrules/all"


@dataclass(frozen=True, slots=True, kw_only=True)
class PastRules:
    """A version of the rules as it was; never edited."""

    rules: InspectionRules
    number: int
    version: int = 1


class RulesReader(Protocol):
    def inspection_rules(self) -> InspectionRules: ...


def change_rules(
    reads: RulesReader, sampling: Sampling, thresholds: Thresholds, context: Context
) -> Decided[InspectionRules]:
    """Another version of the rules; as they are already: no change. Raises Invalid, Stale."""
    rules = reads.inspection_rules()
    if (rules.sampling, rules.thresholds) == (sampling, thresholds):
        return Decided(result=rules)
    if context.expected_version not in (None, rules.edition):
        raise Stale(
            "stale_version",
            f"The rules are at version {rules.edition}, not {context.expected_version}.",
            subject=rules.subject,
            expected=context.expected_version,
            actual=rules.edition,
        )
    errors = [*_faults(thresholds)]
    if errors:
        raise Invalid("inspection_rules_faults", "The rules contradict themselves.", errors=errors)
    changed = replace(
        rules,
        sampling=sampling,
        thresholds=thresholds,
        changed_at=context.now,
        changed_by=context.actor.id,
        version=rules.version + 1,
    )
    journal = Journal(rules.subject, rules.chain, context)
    journal.record(
        "inspection_rules.changed",
        {
            "version": changed.edition,
            "share": sampling.share,
            "first_of_new": sampling.first_of_new,
            "seed": sampling.seed,
        },
    )
    changed = replace(changed, chain=journal.chain)
    past = PastRules(rules=replace(changed, chain=Chain()), number=changed.edition)
    changes = Changes(records=(changed, past), events=tuple(journal.events))
    return Decided(result=changed, changes=changes)


def _faults(table: Thresholds) -> list[FieldError]:
    found: list[FieldError] = []
    grades = [grade for grade in ("A", "B", "C", "D") if grade in table.resale]
    for better, worse in pairwise(grades):
        if table.resale[worse] > table.resale[better]:
            message = f"Goods of grade {worse} do not bring more than those of {better}."
            found.append(_fault(f"/proposals/resale_percent/{worse}", "resale_rises", message))
    if "D" in table.restock_grades:
        message = "Damaged goods do not go on the shelf."
        found.append(_fault("/proposals/restock_grades", "damaged_on_shelf", message))
    if table.donate_expiry_days > table.expiry_days:
        message = "What may be given away may be sold before that."
        found.append(_fault("/proposals/donate_expiry_days", "donated_too_early", message))
    return [*found, *faults_of_costs(table.work_costs, "/proposals/work_costs")]


def _fault(pointer: str, code: str, message: str) -> FieldError:
    return FieldError(pointer=pointer, code=code, message=message)

"""Runs steps against the model and the real use cases side by side, and shortens what fails."""

import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from chalicelib.core.events import Event, chain_fault
from tests.returns.undoing import suspicions
from tests.simulation.books import check_bank, check_books
from tests.simulation.commands import COMMANDS, about, may_be_stale, may_close, opens
from tests.simulation.exchanging import lapse
from tests.simulation.judging import (
    Disagreement,
    Ledger,
    check_return,
    compare_request,
    compare_sale,
    compare_stock,
)
from tests.simulation.model import World
from tests.simulation.owing import fall_due
from tests.simulation.planning import next_step
from tests.simulation.reality import DONE, Reality
from tests.simulation.steps import Seeded, Step
from tests.simulation.units import Refused

ALL_EVERY = 2000
STOCK_EVERY = 200
"""After so many steps everything, or all stock, is compared: not only what the step was about."""
TRIES = 400
"""So often steps are replayed with fewer of them to find the shortest way to a fault."""


@dataclass(slots=True)
class Duel:
    """The model and the shop, after the same steps."""

    world: World = field(default_factory=World)
    reality: Reality = field(default_factory=Reality)
    ledger: Ledger = field(default_factory=Ledger)
    steps: int = 0
    refused: int = 0

    def do(self, step: Step) -> None:
        """One step on both; raises Disagreement."""
        expected = self._expected(step)
        writes = self.reality.store.counted
        told = self.reality.perform(step)
        if told not in expected:
            raise Disagreement(f"{step}: {told}, not {' or '.join(expected)}")
        for changes in self.reality.store.written:
            self.ledger.post(changes)
        self.reality.store.written.clear()
        if told != DONE:
            self.refused += 1
            if self.reality.store.counted != writes:
                raise Disagreement(f"{step}: refused, and yet something was written")
        self._compare(step)
        self.steps += 1
        if self.steps % STOCK_EVERY == 0:
            compare_stock(self.world, self.reality, self.ledger)
        if self.steps % ALL_EVERY == 0:
            self.compare_all()

    def _expected(self, step: Step) -> tuple[str, ...]:
        """What the model says: done, or every code of a refusal."""
        if step.version == "stale" and may_be_stale(self.world, step):
            return ("stale_version",)
        self.world.is_unchanged = False
        try:
            COMMANDS[step.command](self.world, step)
        except Refused as refused:
            return refused.codes
        for key in about(self.world, step):
            request = self.world.requests[key]
            for line in request.lines.values():
                lapse(self.world, line)
            fall_due(self.world, key)
            if may_close(self.world, step):
                request.is_closed = request.is_complete or (request.is_closed and not opens(step))
        return (DONE,)

    def _compare(self, step: Step) -> None:
        for key in about(self.world, step):
            if key in self.world.requests:
                compare_request(self.world, self.reality, key)
                self._check(key)
        if "claim" in step.command:
            made = self.world.claims.get(step.target or step.id)
            if made is not None:
                compare_sale(self.world, self.reality, made.order_no)

    def _check(self, key: str) -> None:
        request, ret = self.world.requests[key], self.reality.return_(key)
        assert ret is not None, "compared before"
        order = self.reality.order(request.order_no) if request.order_no else None
        check_return(ret, order, self.ledger)
        check_books(self.world, self.reality, self.ledger, key)

    def compare_all(self) -> None:
        compare_stock(self.world, self.reality, self.ledger)
        for key in self.world.sales:
            compare_sale(self.world, self.reality, key)
        for key in self.world.requests:
            compare_request(self.world, self.reality, key)
            self._check(key)
        check_bank(self.world, self.reality)

    def audit(self) -> None:
        """What the nightly reconciliation would look at again, and every chain of events."""
        found = suspicions(self.reality.shop)
        if found:
            raise Disagreement(f"the reconciliation suspects {found[:5]}")
        chains: dict[str, list[Event]] = defaultdict(list)
        for record in self.reality.store.records.values():
            if isinstance(record, Event):
                chains[record.subject].append(record)
        for subject, events in chains.items():
            fault = chain_fault(sorted(events, key=lambda event: event.seq))
            if fault is not None:
                raise Disagreement(f"{subject}: the chain of events breaks at {fault}")


def run(seed: int, steps: int) -> Duel:
    """So many steps by this seed; raises Failed with the shortest way to what was found."""
    duel, done, choices = Duel(), list[Step](), Seeded(seed)
    for number in range(1, steps + 1):
        done.append(next_step(duel.world, choices, number))
        fault = _fault(lambda: duel.do(done[-1]))
        if fault is not None:
            raise Failed(seed, fault, shortest(done, fault))
    fault = _fault(duel.compare_all) or _fault(duel.audit)
    if fault is not None:
        raise Failed(seed, fault, done)
    return duel


def replay(*steps: Step) -> Duel:
    """These steps and no others; what is about something that was never made is left out."""
    duel = Duel()
    for step in steps:
        named = (step.target, step.given.get("order"), step.given.get("into"))
        if all(duel.world.knows(key) for key in named if key):
            duel.do(step)
    duel.compare_all()
    return duel


class Failed(Exception):
    """A seed found something; says the steps as a test would."""

    def __init__(self, seed: int, fault: str, steps: Sequence[Step]) -> None:
        lines = "".join(f"        {step!r},\n" for step in steps)
        test = f"def test_found_by_seed_{seed}() -> None:\n    replay(\n{lines}    )\n"
        super().__init__(f"seed {seed}: {fault}\n\n{test}")
        self.steps = steps


def shortest(steps: Sequence[Step], fault: str) -> list[Step]:
    """The fewest steps with the same kind of fault: about the same sale first, then by halving."""
    kept, kind = list(steps), _kind(fault)
    sale = _sale_of(kept[-1], kept)
    related = [step for step in kept if _sale_of(step, kept) == sale]
    if _fails(related, kind):
        kept = related
    size, tries = max(1, len(kept) // 2), TRIES
    while tries:
        place = 0
        while place < len(kept) and tries:
            fewer = kept[:place] + kept[place + size :]
            tries -= 1
            if fewer and _fails(fewer, kind):
                kept = fewer
            else:
                place += size
        if size == 1:
            return kept
        size = max(1, size // 2)
    return kept


def _sale_of(step: Step, steps: Sequence[Step]) -> str:
    """The sale that a step is about, found through what it names."""
    by_id = {known.id: known for known in steps}
    while step.command != "sell":
        step = by_id[(step.given.get("order") or step.target).partition("/")[0].partition(":")[0]]
    return step.id


def _fails(steps: Sequence[Step], kind: str) -> bool:
    fault = _fault(lambda: replay(*steps))
    return fault is not None and _kind(fault) == kind


def _kind(fault: str) -> str:
    """What is said of the fault, without the step, the numbers and the names."""
    return re.sub(r"\d+|_[0-9a-z]+", "", fault.partition(":")[0] + fault.rpartition("): ")[2])


def _fault(act: Callable[[], object]) -> str | None:
    """What went wrong, in words. Whatever the code raises that is no refusal is a fault."""
    try:
        act()
    except Exception as error:  # noqa: BLE001 - a crash of the code is a finding like any other
        return f"{type(error).__name__}: {error}"
    return None

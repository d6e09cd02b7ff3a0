"""Credit notes are compared with their numbers and settlements; each planted drift is found."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import boto3
import pytest

from chalicelib import wiring
from chalicelib.core.commands import Changes, Decided
from chalicelib.core.events import Actor, Context
from chalicelib.invoicing.model import CreditNote
from chalicelib.invoicing.numbering import NumberSeries
from chalicelib.reconciliation.notes import NUMBERED_WITHIN, NoteCheck, Notes
from chalicelib.workers.notes import number_notes
from tests.builders import NOW, Shop, item, line, order, passed
from tests.fakes import FakeProvider, FakeStore
from tests.invoicing.settlements import settled_one
from tests.invoicing.test_issuing import holding, issues
from tests.reconciliation.drifts import Books, Finding
from tests.stage import Stage
from tools.cli.scanning import WatchedTable
from tools.cli.truth import Verifier


@pytest.fixture
def books(stage: Stage, provider: FakeProvider) -> Books:
    """Three returns of orders that were billed, paid back; the notes of two are numbered."""
    commands = wiring.commands()
    shop = Shop(commands, providers={provider.name: provider})
    for no in ("O-1", "O-2", "O-3"):
        shop.sells(order(line("1", invoice_no=f"{no}-A"), line("2", invoice_no=None), no=no))
        ret = shop.approves(shop.asks(no))
        shop.receives(ret, item())
        shop.inspects(ret, passed())
        shop.settles(ret)
        ret = shop.now_is(ret)
        if no != "O-3":
            number_notes(commands, ret.settlements[0].settlement_id, shop.context())
    return Books(stage, shop, ret)


def note(no: str) -> CreditNote:
    (found,) = wiring.reads().notes_of_order(no)
    return found


def place(no: str) -> tuple[str, str]:
    return f"NOTE#{note(no).note_id}", "NOTE"


def number(ordinal: int) -> tuple[str, str]:
    return "SERIES#CN#2026", f"NUMBER#{ordinal:010d}"


def test_nothing_is_found_where_all_is_right(books: Books) -> None:
    assert books.found() == []


def gap(books: Books) -> list[Finding]:
    """The number is gone with what says who bears it."""
    books.delete(*number(1))
    return [("credit_note_gap", "series/CN#2026"), ("credit_note_number", "series/CN#2026")]


def counter_back(books: Books) -> list[Finding]:
    books.change("SERIES#CN#2026", "SERIES", lambda body: body.update(last=1))
    return [("credit_note_beyond", "series/CN#2026")]


def counter_gone(books: Books) -> list[Finding]:
    books.delete("SERIES#CN#2026", "SERIES")
    return [("credit_note_beyond", "series/CN#2026")]


def counter_ahead(books: Books) -> list[Finding]:
    books.change("SERIES#CN#2026", "SERIES", lambda body: body.update(last=4))
    return [("credit_note_gap", "series/CN#2026")]


def other_bearer(books: Books) -> list[Finding]:
    books.change(*number(1), lambda body: body.update(note_id="cno_nobody"))
    return [("credit_note_number", "series/CN#2026")]


def number_taken_off(books: Books) -> list[Finding]:
    def edit(body: Any) -> None:
        body.update(state="VOIDED", number=None, ordinal=None)

    books.change(*place("O-2"), edit)
    return [("credit_note_number", "series/CN#2026")]


def amount_changed(books: Books) -> list[Finding]:
    settlement_id = note("O-3").settlement_id
    books.change(*place("O-3"), lambda body: body["lines"][0]["net"].update(minor=1))
    return [("credit_note_total", f"settlement/{settlement_id}")]


def settlement_gone(books: Books) -> list[Finding]:
    found = note("O-3")
    settlement_id = found.settlement_id
    pk = f"RETURN#{found.return_id}"
    books.change(pk, "RETURN", lambda body: body["settlements"][0].update(breakdown=None))
    return [("credit_note_orphan", f"settlement/{settlement_id}")]


DRIFTS = [
    gap,
    counter_back,
    counter_gone,
    counter_ahead,
    other_bearer,
    number_taken_off,
    amount_changed,
    settlement_gone,
]


@pytest.mark.parametrize("plant", DRIFTS, ids=lambda plant: plant.__name__)
def test_a_planted_drift_is_found(books: Books, plant: Callable[[Books], list[Finding]]) -> None:
    expected = plant(books)

    # The settlement whose amounts no longer fit its return is found by other means, too.
    found = [one for one in books.found() if one[0].startswith("credit_note")]
    assert found == sorted(expected)


def test_a_note_that_nobody_numbered_is_found_after_an_hour(books: Books) -> None:
    settlement_id = note("O-3").settlement_id
    books.shop.now += NUMBERED_WITHIN + timedelta(seconds=1)

    assert books.found() == [("credit_note_unnumbered", f"settlement/{settlement_id}")]


def test_a_draft_of_a_reversed_settlement_is_found(books: Books) -> None:
    found = note("O-3")

    def edit(body: Any) -> None:
        body["settlements"][0].update(reversed_at="2026-11-21T10:00:00Z")

    books.change(f"RETURN#{found.return_id}", "RETURN", edit)

    assert ("credit_note_not_void", f"settlement/{found.settlement_id}") in books.found()


def test_what_is_numbered_while_it_looks_is_no_finding(books: Books) -> None:
    """The survey saw the counter before, and the notes after."""
    survey = Notes()
    survey.take(NumberSeries(series="CN", year=2026, last=2, version=2))
    for no in ("O-1", "O-2"):
        survey.take(note(no))
    settlement_id = note("O-3").settlement_id
    number_notes(wiring.commands(), settlement_id, books.shop.context())
    survey.take(note("O-3"))
    for numbered in wiring.reads().numbered_notes("CN", 2026):
        survey.take(numbered)

    check = NoteCheck(reads=wiring.reads(), now=books.shop.now, tick=lambda: None)

    assert survey.series() == {("CN", 2026)}
    assert list(check.findings(survey)) == []


def test_many_gaps_are_told_in_few_words(stage: Stage) -> None:
    context = Context(
        actor=Actor(id="t", role="admin"), now=NOW, command_id="c", correlation_id="c"
    )
    counter = NumberSeries(series="CN", year=2026, last=50_000, version=1)
    wiring.commands().run(
        lambda _: Decided(result=None, changes=Changes(records=(counter,))), context=context
    )
    survey = Notes()
    survey.take(counter)

    (finding,) = NoteCheck(reads=wiring.reads(), now=NOW, tick=lambda: None).findings(survey)

    assert finding.found == {"missing": list(range(1, 21))}


@pytest.mark.parametrize("plant", [gap, amount_changed], ids=lambda plant: plant.__name__)
def test_an_operator_finds_it_on_demand(
    books: Books, plant: Callable[[Books], list[Finding]]
) -> None:
    expected = plant(books)
    table = wiring.core_table()
    core = WatchedTable(table.name, table._link, boto3.client("dynamodb"))

    found = Verifier(core=core, sleep=lambda _: None).everything().findings

    # By the clock of the machine the third note waits for long, too.
    assert {*expected} <= {(one.kind, one.subject) for one in found}


def test_a_survey_forgets_what_has_both_its_sides() -> None:
    store = holding(FakeStore(clock=lambda: NOW), *settled_one(1, invoices=3))
    issues(store, "stl_1_a")
    survey = Notes()

    for numbered in store.reads().numbered_notes("CN", 2026):
        survey.take(numbered)
    assert len(survey.numbers()) == 3
    for one in store.reads().notes_of_order("O-1"):
        survey.take(one)

    assert survey.alone == {}
    assert survey.numbers() == set()

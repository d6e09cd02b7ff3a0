"""`tuiku finance settlements|ledger`: how a return was paid, and what that meant in the books."""

from collections.abc import Iterable, Iterator
from typing import Annotated, Any
from urllib.parse import quote

import typer

from tools.cli.finding import ReturnArgument, return_id_of
from tools.cli.gate import Gate
from tools.cli.options import DEFAULT_NAME, FOUND, AsJson, Name, StageName, target_of
from tools.cli.telling import amount, print_json, print_table
from tools.stack.errors import StackError

Told = dict[str, Any]
"""What the API answers. Any: JSON."""


def settlements(
    return_: ReturnArgument,
    name: Name = DEFAULT_NAME,
    stage: StageName = None,
    as_json: AsJson = False,
) -> None:
    """Print the settlements of a return with every leg: what was sent where, and what became of it.

    Exit code 1 if any of them is open.
    """
    gate = Gate(target_of(name, stage))
    found = gate.get(f"/v1/returns/{return_id_of(gate, return_)}/settlements")["items"]
    if as_json:
        print_json(found)
    else:
        print_table(
            ("settlement", "state", "amount", "paid", "short", "legs", "note"),
            (_settlement(one) for one in found),
        )
    if any(one["state"] not in ("SETTLED", "REVERSED") for one in found):
        raise typer.Exit(FOUND)


def _settlement(told: Told) -> tuple[str, ...]:
    legs = "; ".join(_leg(leg) for leg in told["legs"])
    amounts = (amount(told[field]) for field in ("amount", "paid", "shortfall"))
    return (told["settlement_id"], told["state"], *amounts, legs, "; ".join(_notes(told)))


def _leg(leg: Told) -> str:
    why = f" ({leg['reason']})" if leg["reason"] else ""
    return f"{leg['payment_id']} {amount(leg['amount'])} by {leg['provider']}: {leg['state']}{why}"


def _notes(told: Told) -> Iterator[str]:
    if told["second_person_above"] is not None:
        agreed = "agreed" if told["approved_at"] else "to agree"
        yield f"second person {agreed} above {amount(told['second_person_above'])}"
    if told["written_off"] is not None:
        yield f"written off {amount(told['written_off'])}"
    if told["credit_id"] is not None:
        yield f"store credit {told['credit_id']}"


def ledger(
    return_: Annotated[
        str | None, typer.Argument(metavar="[RETURN]", help="Its id or its number.")
    ] = None,
    order: Annotated[
        str | None, typer.Option(help="Of this order instead: what banks took back of it.")
    ] = None,
    name: Name = DEFAULT_NAME,
    stage: StageName = None,
    as_json: AsJson = False,
) -> None:
    """Print the postings of a return and its balances; exit code 1 if they do not balance."""
    if (return_ is None) == (order is None):
        raise StackError("Name a return, or an order by --order.")
    gate = Gate(target_of(name, stage))
    if order is not None:
        path = f"/v1/orders/{quote(order, safe='')}"
    else:
        path = f"/v1/returns/{return_id_of(gate, str(return_))}"
    told: Told = gate.get(f"{path}/ledger")
    if as_json:
        print_json(told)
    else:
        _tell_ledger(told)
    if not told["balanced"]:
        raise typer.Exit(FOUND)


def _tell_ledger(told: Told) -> None:
    headings = ("account", "of", "debit", "credit")
    rows = (
        (posting["posted_at"][:19], posting["event_type"], *side)
        for posting in told["postings"]
        for side in _sides(posting["entries"])
    )
    print_table(("posted", "event", *headings), rows)
    typer.echo("")
    print_table(("balance of", *headings[1:]), _sides(told["balances"]))
    typer.echo("")
    verdict = "It balances." if told["balanced"] else "It does NOT balance:"
    open_ = f"owed {amount(told['owed'])}, under way {amount(told['under_way'])}"
    typer.echo(f"{told['subject']}: {open_}. {verdict}")
    for fault in told["faults"]:
        typer.echo(f"✗ {fault['code']}  {fault['about']}")


def _sides(entries: Iterable[Told]) -> Iterator[tuple[str, ...]]:
    for entry in entries:
        sides = (amount(entry[side]) if entry[side] else "" for side in ("debit", "credit"))
        yield (entry["account"], entry["detail"] or "", *sides)

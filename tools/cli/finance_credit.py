"""`tuiku finance credit|credits`: what store credit a customer has, and who has any."""

from collections.abc import Iterator
from typing import Annotated, Any
from urllib.parse import quote

import typer

from tools.cli.finding import items_of
from tools.cli.gate import Gate
from tools.cli.options import DEFAULT_NAME, AsJson, Name, StageName, target_of
from tools.cli.telling import amount, print_json, print_table


def credit(
    customer: Annotated[str, typer.Argument(help="The customer's id.")],
    entries: Annotated[
        str | None, typer.Option(metavar="CURRENCY", help="What changed it, in this currency.")
    ] = None,
    name: Name = DEFAULT_NAME,
    stage: StageName = None,
    as_json: AsJson = False,
) -> None:
    """Print the store credit of a customer, what is spent first at the top; or what changed it."""
    gate = Gate(target_of(name, stage))
    path = f"/v1/customers/{quote(customer, safe='')}/credit"
    if entries is not None:
        changes = list(items_of(gate, f"{path}/entries?currency={quote(entries)}&limit=200"))
        if as_json:
            print_json(changes)
        else:
            headings = ("at", "entry", "kind", "amount", "balance", "for", "reason")
            print_table(headings, (_entry(one) for one in changes))
        return
    told = gate.get(path)
    if as_json:
        print_json(told)
        return
    print_table(("currency", "balance", "credit", "left", "until", "given"), _lots(told))


def _lots(told: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    """A row for each credit; an account that is empty has one, too."""
    for account in told["accounts"]:
        currency, balance = account["currency"], account["balance"]["amount"]
        if not account["credits"]:
            yield currency, balance, "", "", "", ""
        for lot in account["credits"]:
            until = (lot["expires_at"] or "no end")[:10]
            left, given = lot["left"]["amount"], lot["issued_at"][:10]
            yield currency, balance, lot["credit_id"], left, until, given
            currency = balance = ""


def _entry(one: dict[str, Any]) -> tuple[str, ...]:
    about = one["order_no"] or one["return_id"] or ""
    amounts = amount(one["amount"]), amount(one["balance"])
    return (one["made_at"][:19], one["id"], one["kind"], *amounts, about, one["reason"] or "")


def credits_(
    currency: Annotated[str | None, typer.Option(help="In this currency only.")] = None,
    name: Name = DEFAULT_NAME,
    stage: StageName = None,
    as_json: AsJson = False,
) -> None:
    """List the customers who have store credit, those first whose credit changed last."""
    gate = Gate(target_of(name, stage))
    chosen = f"&currency={quote(currency)}" if currency else ""
    found = list(items_of(gate, f"/v1/credits?limit=200{chosen}"))
    if as_json:
        print_json(found)
        return
    print_table(
        ("customer", "left", "credits", "next", "changed"),
        (
            (
                one["customer_id"],
                amount(one["booked"]),
                str(one["credits"]),
                (one["next_at"] or "")[:10],
                one["updated_at"][:19],
            )
            for one in found
        ),
    )

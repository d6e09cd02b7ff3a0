"""`tuiku warehouse stock|alerts|atp`: what lies where, what is said of it, what can be promised."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Annotated, Any
from urllib.parse import urlencode

import typer

from chalicelib.core.money import Money
from chalicelib.inventory.alerts import AlertKind, AlertState
from chalicelib.inventory.model import Account
from tools.cli.finding import items_of
from tools.cli.gate import Gate
from tools.cli.options import DEFAULT_NAME, FOUND, AsJson, Name, StageName, target_of
from tools.cli.telling import amount, print_json, print_table
from tools.stack.errors import StackError

Told = dict[str, Any]
"""What the API answers. Any: JSON."""
Warehouse = Annotated[str | None, typer.Option(help="In this warehouse.")]
_PAGES_MAX = 1000


def asked(path: str, **filters: str | None) -> str:
    """The path with those filters that were given, and as many rows a page as there may be."""
    given = {name: value for name, value in filters.items() if value is not None}
    return f"{path}?{urlencode({**given, 'limit': '200'})}"


def stock(
    sku: Annotated[str | None, typer.Option(help="Of this SKU.")] = None,
    warehouse: Warehouse = None,
    account: Annotated[
        Account | None, typer.Option(metavar="ACCOUNT", help="In this account: available, …")
    ] = None,
    value: Annotated[
        bool, typer.Option("--value", help="What a whole warehouse is worth, by account.")
    ] = False,
    name: Name = DEFAULT_NAME,
    stage: StageName = None,
    as_json: AsJson = False,
) -> None:
    """Print what lies where, by SKU, by warehouse or by both (both: from the ledger itself)."""
    if value and (warehouse is None or sku is not None or account is not None):
        raise StackError("--value is of a whole warehouse: name it with --warehouse, no more.")
    if sku is None and warehouse is None:
        raise StackError("Name --sku, --warehouse or both.")
    gate = Gate(target_of(name, stage))
    if value:
        _tell(accounts_of(_pages(gate, asked("/v1/stock/valuation", warehouse=warehouse))), as_json)
        return
    rows = items_of(gate, asked("/v1/stock", sku=sku, warehouse=warehouse))
    found = [row for row in rows if account is None or row["account"] == account.value]
    if as_json:
        print_json(found)
        return
    print_table(
        ("warehouse", "sku", "lot", "account", "units", "value"),
        (
            (
                row["warehouse"], row["sku"], row["lot"] or "", row["account"],
                str(row["quantity"]), amounts(row["value"]),
            )
            for row in found
            if row["quantity"] or row["value"]
        ),
    )  # fmt: skip


def amounts(money: Iterable[Told]) -> str:
    return ", ".join(amount(one) for one in money)


def accounts_of(pages: Iterable[Told]) -> list[Told]:
    """The pages of a valuation added up: each sums only its own balances."""
    units = Counter[str]()
    value: dict[str, dict[str, Money]] = {}
    for one in (account for page in pages for account in page["accounts"]):
        units[one["account"]] += one["quantity"]
        sums = value.setdefault(one["account"], {})
        for told in one["value"]:
            currency = told["currency"]
            more = Money.parse(told["amount"], currency)
            sums[currency] = sums[currency] + more if currency in sums else more
    return [
        {
            "account": account,
            "quantity": units[account],
            "value": [
                {"amount": sums[currency].amount, "currency": currency} for currency in sorted(sums)
            ],
        }
        for account, sums in sorted(value.items())
    ]


def _pages(gate: Gate, path: str) -> Iterator[Told]:
    cursor = ""
    for _ in range(_PAGES_MAX):
        page = gate.get(f"{path}{cursor}")
        yield page
        if page["next_cursor"] is None:
            return
        cursor = "&" + urlencode({"cursor": page["next_cursor"]})
    raise StackError("The warehouse has more balances than can be added up here: use an export.")


def _tell(accounts: list[Told], as_json: bool) -> None:
    if as_json:
        print_json(accounts)
        return
    print_table(
        ("account", "units", "value"),
        ((one["account"], str(one["quantity"]), amounts(one["value"])) for one in accounts),
    )


def alerts(
    warehouse: Warehouse = None,
    kind: Annotated[
        AlertKind | None, typer.Option(metavar="KIND", help=f"One of {', '.join(AlertKind)}.")
    ] = None,
    state: Annotated[
        AlertState, typer.Option(help="In this state.", case_sensitive=False)
    ] = AlertState.OPEN,
    name: Name = DEFAULT_NAME,
    stage: StageName = None,
    as_json: AsJson = False,
) -> None:
    """List what there is to say about stock, newest first; exit code 1 if anything is open."""
    gate = Gate(target_of(name, stage))
    path = asked("/v1/stock/alerts", state=state, kind=kind, warehouse=warehouse)
    found = list(items_of(gate, path))
    if as_json:
        print_json(found)
    else:
        print_table(
            ("alert", "kind", "warehouse", "sku", "lot", "raised", "says", "acknowledged by"),
            (
                (
                    one["alert_id"], one["kind"], one["warehouse"], one["sku"], one["lot"] or "",
                    one["raised_at"][:16], said(one), one["acknowledged_by"] or "",
                )
                for one in found
            ),
        )  # fmt: skip
    if any(one["state"] == AlertState.OPEN for one in found):
        raise typer.Exit(FOUND)


def said(alert: Told) -> str:
    """What an alert is about, in words."""
    units, limit = alert["quantity"], alert["limit"]
    match alert["kind"]:
        case AlertKind.LOW_STOCK:
            return f"{units} left, to be told at {limit}"
        case AlertKind.PURCHASE_COVERED:
            return f"{alert['purchase_id']} of {limit} can be cut by {units}"
        case AlertKind.AGEING:
            return f"{units} in {alert['account']} since {(alert['since'] or '')[:10]}"
        case AlertKind.LOT_EXPIRING:
            return f"{units} expire on {alert['expires_on']}"
    return f"{units} units"


def atp(
    skus: Annotated[list[str], typer.Argument(metavar="SKU...", help="Up to 100 SKUs.")],
    warehouse: Warehouse = None,
    returns_share: Annotated[
        str | None,
        typer.Option(metavar="SHARE", help="Of what is on its way back: 0.8, or measured."),
    ] = None,
    name: Name = DEFAULT_NAME,
    stage: StageName = None,
    as_json: AsJson = False,
) -> None:
    """Print how many units of SKUs can be promised, warehouse by warehouse."""
    given = {"sku": ",".join(skus), "warehouse": warehouse, "returns_share": returns_share}
    query = urlencode({field: value for field, value in given.items() if value is not None})
    found = Gate(target_of(name, stage)).get(f"/v1/stock/atp?{query}")["items"]
    if as_json:
        print_json(found)
        return
    print_table(
        ("sku", "warehouse", "atp", "available", "reserved", "safety", "coming back", "of it"),
        (
            (
                one["sku"], one["warehouse"],
                *(str(one[field]) for field in ("atp", "available", "reserved", "safety_stock")),
                "not asked" if one["incoming_returns"] is None else str(one["incoming_returns"]),
                "not known" if _is_unmeasured(one, returns_share) else str(one["expected_returns"]),
            )
            for one in found
        ),
    )  # fmt: skip


def _is_unmeasured(one: Told, returns_share: str | None) -> bool:
    """A share is measured once enough was approved in the warehouse; until then nothing counts."""
    return returns_share == "measured" and one["returns_share"] is None

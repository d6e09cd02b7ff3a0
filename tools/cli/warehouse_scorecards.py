"""`tuiku warehouse scorecard carrier|supplier|inspector`: how good they were in a time."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from urllib.parse import quote, urlencode

import typer

from chalicelib.core.clock import rfc3339
from tools.cli.gate import Gate
from tools.cli.options import (
    DEFAULT_NAME,
    FOUND,
    AsJson,
    Name,
    StageName,
    moment_of,
    target_of,
)
from tools.cli.telling import amount, print_json, print_table
from tools.cli.warehouse_stock import amounts
from tools.stack.errors import StackError

Told = dict[str, Any]
"""What the API answers. Any: JSON."""
_HELP = """How good carriers, suppliers and inspectors were, by days in UTC.

Figures are folded from events by the hour: the last line says how far.
"""
_DAYS = 30
Since = Annotated[
    str | None, typer.Option(help=f"From this day or time on; {_DAYS} days ago if not said.")
]
Until = Annotated[str | None, typer.Option(help="Before this day or time; else today is in it.")]
scorecard = typer.Typer(
    name="scorecard", no_args_is_help=True, rich_markup_mode="markdown", help=_HELP
)


@scorecard.command()
def carrier(
    carrier_name: Annotated[
        str | None, typer.Argument(metavar="[CARRIER]", help="This one; else all.")
    ] = None,
    since: Since = None,
    until: Until = None,
    name: Name = DEFAULT_NAME,
    stage: StageName = None,
    as_json: AsJson = False,
) -> None:
    """Print what carriers delivered, lost, damaged and made good."""
    query = period(since, until, datetime.now(UTC))
    if carrier_name is not None:
        query["carrier"] = carrier_name
    told = Gate(target_of(name, stage)).get(f"/v1/carriers/scorecard?{urlencode(query)}")
    if as_json:
        print_json(told)
        return
    print_table(
        (
            "carrier", "parcels", "delivered", "units lost", "damaged", "miscounted", "days",
            "9 of 10", "late", "claims", "open", "claimed", "recovered",
        ),
        (_carrier(one) for one in told["carriers"]),
    )  # fmt: skip
    _tell_how_far(told)


def _carrier(one: Told) -> tuple[str, ...]:
    counts = ("shipments", "delivered", "lost_units", "damaged_units", "count_differences")
    days = ("days_median", "days_p90", "late", "claims_opened", "claims_open")
    return (
        one["carrier"],
        *(str(one[field]) for field in counts),
        *(_known(one[field]) for field in days),
        amounts(one["claimed"]),
        amounts(one["recovered"]),
    )


@scorecard.command()
def supplier(
    supplier_id: Annotated[str, typer.Argument(metavar="SUPPLIER", help="Its id.")],
    since: Since = None,
    until: Until = None,
    name: Name = DEFAULT_NAME,
    stage: StageName = None,
    as_json: AsJson = False,
) -> None:
    """Print how good a supplier's goods were and what it made good.

    Exit code 1 if a limit that was agreed is passed.
    """
    query = urlencode(period(since, until, datetime.now(UTC)))
    path = f"/v1/suppliers/{quote(supplier_id, safe='')}/scorecard?{query}"
    told = Gate(target_of(name, stage)).get(path)
    if as_json:
        print_json(told)
    else:
        _tell_supplier(told)
    if any(one["over"] for one in told["judged"]):
        raise typer.Exit(FOUND)


def _tell_supplier(told: Told) -> None:
    headings = ("sku", "sold", "returned", "inspected", "defective", "of 1,000")
    print_table(headings, (_figures(name, one) for name, one in _by_sku(told)))
    for line in _sentences(told):
        typer.echo(line)
    _tell_how_far(told)


def _by_sku(told: Told) -> Iterator[tuple[str, Told]]:
    yield from ((one["sku"], one) for one in told["by_sku"])
    yield "all", told["total"]


def _figures(name: str, one: Told) -> tuple[str, ...]:
    counts = ("sold", "returned", "inspected", "defective", "per_thousand")
    return (name, *(_known(one[field]) for field in counts))


def _sentences(told: Told) -> Iterator[str]:
    if told["by_defect"]:
        seen = ", ".join(f"{one['units']} {one['code']}" for one in told["by_defect"])
        yield f"Defects: {seen}."
    rate = told["recovery_rate"]
    yield (
        f"{told['rtv_units']} units sent back, worth {amount(told['rtv_value'])}; claimed "
        f"{amount(told['claimed'])}, recovered {amount(told['recovered'])}"
        f"{f' ({rate})' if rate is not None else ''}."
    )
    days = told["days_to_acknowledge"], told["days_to_credit"]
    yield f"Median days until it acknowledged: {_known(days[0])}, until it paid: {_known(days[1])}."
    for one in told["judged"]:
        limit = one["limit"]
        about = limit["sku"] or limit["category"] or "all goods"
        mark = {True: "✗ over", False: "✓ within", None: "  nothing sold:"}[one["over"]]
        yield f"{mark} {limit['per_thousand']} of 1,000 for {about}: {_known(one['per_thousand'])}"


@scorecard.command()
def inspector(
    inspector_id: Annotated[
        str | None, typer.Argument(metavar="[INSPECTOR]", help="This one's id; else all.")
    ] = None,
    since: Since = None,
    until: Until = None,
    name: Name = DEFAULT_NAME,
    stage: StageName = None,
    as_json: AsJson = False,
) -> None:
    """Print how far second looks agreed with inspectors, and how long they took."""
    query = urlencode(period(since, until, datetime.now(UTC)))
    told = Gate(target_of(name, stage)).get(f"/v1/inspectors/accuracy?{query}")
    if inspector_id is not None:
        told["items"] = [one for one in told["items"] if one["inspector"] == inspector_id]
    if as_json:
        print_json(told)
        return
    print_table(
        (
            "inspector", "inspections", "units", "seen twice", "agreed", "share", "95 %", "kappa",
            "seconds",
        ),
        (_inspector(one) for one in told["items"]),
    )  # fmt: skip
    _tell_how_far(told)


def _inspector(one: Told) -> tuple[str, ...]:
    bounds = "-" if one["low"] is None else f"{one['low']} to {one['high']}"
    counts = ("inspections", "inspected_units", "sampled_units", "agreed_units")
    return (
        one["inspector"],
        *(str(one[field]) for field in counts),
        _known(one["agreed_share"]),
        bounds,
        _known(one["kappa"]),
        _known(one["median_duration_s"]),
    )


def period(since: str | None, until: str | None, now: datetime) -> dict[str, str]:
    """`from` and `to` of a question; whole days where nothing is said, today included."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    begin = moment_of(since) or midnight - timedelta(days=_DAYS)
    end = moment_of(until) or midnight + timedelta(days=1)
    if begin >= end:
        raise StackError("--since must be before --until.")
    return {"from": rfc3339(begin), "to": rfc3339(end)}


def _tell_how_far(told: Told) -> None:
    until = told["complete_until"]
    typer.echo(
        "Nothing was folded yet: it is done by the hour, or by POST /v1/metrics/runs."
        if until is None
        else f"Complete until {until[:16]}."
    )


def _known(value: Any) -> str:  # Any: a number or a text of JSON
    return "-" if value is None else str(value)

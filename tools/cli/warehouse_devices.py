"""`tuiku warehouse devices` and `enrol-code`: scanners, their missing scans, and their end."""

import os
import sys
import time
from typing import Annotated, Any
from urllib.parse import quote

import typer

from chalicelib.devices.model import DeviceState, RevocationReason
from tools.cli.finding import items_of
from tools.cli.gate import Gate
from tools.cli.options import DEFAULT_NAME, FOUND, AsJson, Name, StageName, target_of
from tools.cli.telling import print_json, print_table
from tools.cli.warehouse_stock import Warehouse, asked
from tools.stack.client import Stack
from tools.stack.errors import StackError

_HELP = "Scanners: which there are, which of their scans are missing, and how one is revoked."
BEARER = "TUIKU_TOKEN"
"""As tools.device calls it."""
DeviceArgument = Annotated[str, typer.Argument(metavar="DEVICE", help="Its id: dev_….")]
devices = typer.Typer(name="devices", no_args_is_help=True, rich_markup_mode="markdown", help=_HELP)


@devices.command("list")
def list_devices(
    warehouse: Warehouse = None,
    state: Annotated[
        DeviceState | None, typer.Option(help="In this state.", case_sensitive=False)
    ] = None,
    name: Name = DEFAULT_NAME,
    stage: StageName = None,
    as_json: AsJson = False,
) -> None:
    """List devices, those enrolled last first; exit code 1 if scans of any are missing."""
    gate = Gate(target_of(name, stage))
    found = list(items_of(gate, asked("/v1/devices", warehouse=warehouse, state=state)))
    if as_json:
        print_json(found)
    else:
        print_table(
            ("device", "warehouse", "state", "highest", "missing", "last heard of", "name", "note"),
            (_row(one) for one in found),
        )
    if any(one["sequence"]["missing"] for one in found):
        raise typer.Exit(FOUND)


@devices.command()
def show(
    device: DeviceArgument,
    name: Name = DEFAULT_NAME,
    stage: StageName = None,
    as_json: AsJson = False,
) -> None:
    """Print one device with the numbers that are missing; exit code 1 if any are."""
    told = Gate(target_of(name, stage)).get(f"/v1/devices/{quote(device, safe='')}")
    if as_json:
        print_json(told)
    else:
        print_table(("", ""), _facts(told))
    if told["sequence"]["missing"]:
        raise typer.Exit(FOUND)


@devices.command()
def revoke(
    device: DeviceArgument,
    reason: Annotated[RevocationReason, typer.Option(help="What for.", case_sensitive=False)],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    name: Name = DEFAULT_NAME,
    stage: StageName = None,
    as_json: AsJson = False,
) -> None:
    """Revoke a device for good, as a person (TUIKU_TOKEN): what it signs from now on is refused.

    Scans that are still on it may be handed in by staff.
    """
    gate = _as_staff(name, stage)
    path = f"/v1/devices/{quote(device, safe='')}"
    seen = gate.get(path)
    if not yes:
        _confirm(seen)
    key, body = f"tuiku-revoke-{time.time_ns()}", {"reason": reason.value}
    told = gate.post(f"{path}/revoke", body, key=key, version=seen["version"])
    if as_json:
        print_json(told)
        return
    missing = told["sequence"]["missing"]
    left = f" {missing:,} of its scans are missing: look on the device." if missing else ""
    typer.echo(f"{told['id']} ({told['name']}) is revoked.{left}")


def enrol_code(
    warehouse: Annotated[str, typer.Argument(help="Which the device works for.")],
    title: Annotated[
        str, typer.Argument(metavar="NAME", help="Of the device, not of who carries it.")
    ],
    device: Annotated[
        str | None,
        typer.Option(metavar="DEVICE", help="A newer credential for this one, which is enrolled."),
    ] = None,
    name: Name = DEFAULT_NAME,
    stage: StageName = None,
    as_json: AsJson = False,
) -> None:
    """Print a code that enrols one device, once, within 15 minutes; it is told this once.

    A person asks for it, with their token in TUIKU_TOKEN; on a local stack its user `warehouse`.
    """
    gate = _as_staff(name, stage)
    body = {"warehouse": warehouse, "name": title, "device_id": device}
    told = gate.post("/v1/devices/enrolments", body, key=f"tuiku-enrol-{time.time_ns()}")
    if as_json:
        print_json(told)
        return
    typer.echo(told["code"])
    enrol = f".venv/bin/python -m tools.device enrol --url {gate.url} --code {told['code']}"
    until = f"until {told['expires_at'][:16]}Z"
    typer.echo(
        f"For {told['device_id']} in {told['warehouse']}, {until}. On the device: {enrol}", err=True
    )


def _as_staff(name: str, stage: str | None) -> Gate:
    """Who enrols and revokes is a person, and stands in the record; the machine may not."""
    bearer = os.environ.get(BEARER)
    if not bearer and stage is not None:
        raise StackError(
            f"A person enrols and revokes: put the token of somebody with the role warehouse or "
            f"admin into {BEARER}."
        )
    return Gate(target_of(name, stage), bearer=bearer or Stack.load(name).token("warehouse"))


def _row(one: dict[str, Any]) -> tuple[str, ...]:
    sequence = one["sequence"]
    heard = (sequence["last_processed_at"] or "never")[:16]
    counts = str(sequence["highest"]), str(sequence["missing"])
    return (
        one["id"], one["warehouse"], one["state"], *counts, heard, one["name"], _note(one),
    )  # fmt: skip


def _note(one: dict[str, Any]) -> str:
    if one["revoked_at"] is not None:
        return f"{one['revoked_for']}, {one['revoked_at'][:10]}"
    if one["pending_credential"] is not None:
        return "a newer credential was handed out and not used yet"
    return "its key is of before: enrol it again" if one["is_key_old"] else ""


def _runs(told: list[dict[str, int]]) -> str:
    """`1, 3-4`."""
    ends = [(one["first"], one["last"]) for one in told]
    said = [str(first) if first == last else f"{first}-{last}" for first, last in ends]
    return ", ".join(said) or "none"


def _facts(one: dict[str, Any]) -> list[tuple[str, str]]:
    sequence = one["sequence"]
    return [
        ("device", one["id"]),
        ("name", one["name"]),
        ("warehouse", one["warehouse"]),
        ("state", " ".join(filter(None, (one["state"], _note(one))))),
        ("enrolled", f"{one['enrolled_at'][:16]} by {one['enrolled_by']}"),
        ("highest", str(sequence["highest"])),
        ("missing", f"{sequence['missing']:,}"),
        ("gaps", _runs(sequence["gaps"])),
        ("far apart", _runs(sequence["apart"])),
        ("last scan", f"{(sequence['last_captured_at'] or 'never')[:19]} by its clock"),
        ("last heard of", (sequence["last_processed_at"] or "never")[:19]),
    ]


def _confirm(device: dict[str, Any]) -> None:
    """Revoking is for good: a person says yes, a script says --yes."""
    asked = f"Revoke {device['id']} ({device['name']}, {device['warehouse']}) for good?"
    if not sys.stdin.isatty():
        raise StackError("Revoking is for good: add --yes.")
    if not typer.confirm(asked, default=False, err=True):
        raise StackError("Nothing was revoked.")

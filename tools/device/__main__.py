"""`python -m tools.device`: a scanner on the command line."""

import json
import os
from pathlib import Path
from typing import Annotated

import typer

from tools.device.client import Device, Refused
from tools.device.transport import NoAnswer

# What a command holds at the moment of an error is not for a screen: the secret may be among it.
app = typer.Typer(
    help=__doc__,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
)
Folder = Annotated[Path, typer.Option(help="Where the device keeps its secret and its scans.")]
_FOLDER = Path("build/device")
_REFUSED, _OFFLINE = 1, 3
_BEARER = "TUIKU_TOKEN"


@app.command()
def enrol(
    url: Annotated[str, typer.Option(help="The API's address, with or without /v1.")],
    code: Annotated[str, typer.Option(help="The one-time code.")],
    folder: Folder = _FOLDER,
) -> None:
    """Hand in a one-time code; a newer credential of the same device keeps its scans."""
    with Device.enrol(url.rstrip("/").removesuffix("/v1"), code, folder) as device:
        typer.echo(f"{device.profile.device_id} of {device.profile.warehouse} is enrolled.")


@app.command()
def scan(
    sku: Annotated[str | None, typer.Option()] = None,
    gtin: Annotated[str | None, typer.Option()] = None,
    return_number: Annotated[str | None, typer.Option()] = None,
    barcode: Annotated[str | None, typer.Option(help="The text as it was scanned.")] = None,
    parcel: Annotated[str | None, typer.Option()] = None,
    lot: Annotated[str | None, typer.Option()] = None,
    serial: Annotated[str | None, typer.Option()] = None,
    quantity: Annotated[int | None, typer.Option(min=1)] = None,
    step: Annotated[str, typer.Option()] = "receiving",
    receiving: Annotated[str | None, typer.Option(help="The count at the door.")] = None,
    folder: Folder = _FOLDER,
) -> None:
    """Keep a scan, with or without a network; prints its id."""
    given: dict[str, str | int | None] = {
        "sku": sku,
        "gtin": gtin,
        "return_number": return_number,
        "barcode": barcode,
        "parcel": parcel,
        "lot": lot,
        "serial": serial,
        "quantity": quantity,
        "receiving": receiving,
    }
    if all(one is None for one in (sku, gtin, barcode, parcel)):
        raise typer.BadParameter("Say what was scanned: --sku, --gtin, --barcode or --parcel.")
    named = {name: value for name, value in given.items() if value is not None}
    with Device.load(folder) as device:
        typer.echo(device.scan(**named, step=step))


@app.command()
def flush(
    as_staff: Annotated[
        bool, typer.Option("--as-staff", help=f"With the token in {_BEARER}, not as the device.")
    ] = False,
    folder: Folder = _FOLDER,
) -> None:
    """Send what waits. Exit code 1: refused, also single scans; 3: there is no network."""
    token = os.environ.get(_BEARER)
    if as_staff and not token:
        raise typer.BadParameter(f"Put the token of somebody of the warehouse into {_BEARER}.")
    authorization = f"Bearer {token}" if as_staff else None
    with Device.load(folder) as device:
        done = device.flush(authorization)
    typer.echo(f"{done.accepted} accepted, {done.refused} refused, {done.waiting} waiting.")
    if done.refused:
        raise typer.Exit(_REFUSED)


@app.command()
def status(folder: Folder = _FOLDER) -> None:
    """What waits here, what was refused, and what the API knows of this device."""
    with Device.load(folder) as device:
        told = {
            "device_id": device.profile.device_id,
            "waiting": len(device.journal.waiting()),
            "next_seq": device.journal.next_seq,
            "refused": device.journal.refused(),
            "known": _known(device),
        }
    typer.echo(json.dumps(told, indent=1))


@app.command()
def outcome(scan_id: str, folder: Folder = _FOLDER) -> None:
    """What became of a scan."""
    with Device.load(folder) as device:
        typer.echo(json.dumps(device.outcome(scan_id), indent=1))


def _known(device: Device) -> object:
    """Also of one that is refused there is something to tell: what waits on it."""
    try:
        return device.read()
    except NoAnswer:
        return "no network"
    except Refused as error:
        return str(error)


def main(arguments: list[str] | None = None) -> None:
    """Errors that are no bugs are one line."""
    try:
        app(arguments, standalone_mode=True)
    except NoAnswer as error:
        typer.echo(f"There is no network: {error}", err=True)
        raise SystemExit(_OFFLINE) from None
    except (Refused, RuntimeError) as error:
        typer.echo(str(error), err=True)
        raise SystemExit(_REFUSED) from None


if __name__ == "__main__":
    main()

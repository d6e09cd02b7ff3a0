"""`tuiku policy check|draft|publish|end`: from a file to a version in force."""

import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from chalicelib.api import bodies
from chalicelib.api.policies import form_of
from chalicelib.contracts.policy import PolicyBody
from chalicelib.core.clock import rfc3339
from chalicelib.core.errors import FieldError
from chalicelib.policy.linting import faults, oddities
from chalicelib.policy.reading import document_of
from tools.cli.gate import Gate
from tools.cli.options import DEFAULT_NAME, FOUND, AsJson, Name, StageName, target_of
from tools.cli.telling import print_json
from tools.stack.errors import StackError

FileArgument = Annotated[Path, typer.Argument(help="A policy document: JSON, UTF-8.")]
VersionArgument = Annotated[str, typer.Argument(help="The id of the version.")]


def check(file: FileArgument, as_json: AsJson = False) -> None:
    """Say what is wrong with a document and what is odd; exit code 1 for faults.

    It needs no stack. Whether the dates fit those of other versions is known where these are: see
    `draft`.
    """
    found = checked(_content_of(file))
    if as_json:
        print_json(found)
    else:
        _tell(found)
    if not found["publishable"]:
        raise typer.Exit(FOUND)


def draft(
    file: FileArgument, name: Name = DEFAULT_NAME, stage: StageName = None, as_json: AsJson = False
) -> None:
    """Keep a document as a draft, or change the draft; exit code 1 if it has faults."""
    content = _content_of(file)
    try:
        body, _ = bodies.parse(content, PolicyBody)
    except (bodies.Misshapen, bodies.Unreadable):
        _tell(checked(content))
        raise typer.Exit(FOUND) from None
    form = form_of(body)
    shown = Gate(target_of(name, stage)).put(f"/v1/policies/{form['version']}", form)
    if as_json:
        print_json(shown)
    else:
        _tell(shown["check"])
        typer.echo(f"{shown['version_id']} is kept as a draft, version {shown['version']}.")
    if not shown["check"]["publishable"]:
        raise typer.Exit(FOUND)


def publish(
    version: VersionArgument,
    name: Name = DEFAULT_NAME,
    stage: StageName = None,
    as_json: AsJson = False,
) -> None:
    """Put a draft in force from its date on; what is published is never changed."""
    gate = Gate(target_of(name, stage))
    shown = gate.post(f"/v1/policies/{version}/publish", {}, key=_key("publish"))
    _shown(shown, as_json)


def end(
    version: VersionArgument,
    at: Annotated[str, typer.Option("--at", help="RFC 3339, such as 2027-01-31T23:00:00Z.")],
    name: Name = DEFAULT_NAME,
    stage: StageName = None,
    as_json: AsJson = False,
) -> None:
    """Let a published version end; what was sold under it keeps its terms."""
    moment = _moment(at)
    gate = Gate(target_of(name, stage))
    shown = gate.post(f"/v1/policies/{version}/end", {"at": moment}, key=_key("end"))
    _shown(shown, as_json)


def checked(content: bytes) -> dict[str, Any]:
    """The findings in the form of the API's own check; those of the shape, where that is wrong."""
    try:
        body, _ = bodies.parse(content, PolicyBody)
    except bodies.Misshapen as error:
        return _findings(error.errors, ())
    except bodies.Unreadable as error:
        unreadable = FieldError(pointer="", code="malformed_json", message=error.reason)
        return _findings((unreadable,), ())
    document = document_of(form_of(body))
    return _findings(faults(document), oddities(document))


def _findings(wrong: Sequence[FieldError], odd: Sequence[FieldError]) -> dict[str, Any]:
    return {
        "publishable": not wrong,
        "faults": [_finding(one) for one in wrong],
        "fault_count": len(wrong),
        "oddities": [_finding(one) for one in odd],
        "oddity_count": len(odd),
    }


def _finding(found: FieldError) -> dict[str, str]:
    return {"pointer": found.pointer, "code": found.code, "message": found.message}


def _tell(found: dict[str, Any]) -> None:
    for sign, kind in (("✗", "faults"), ("?", "oddities")):
        for one in found[kind]:
            typer.echo(f"{sign} {one['pointer'] or '/'}: {one['message']} ({one['code']})")
    typer.echo(
        f"{_counted(found['fault_count'], 'fault', 'faults')}, "
        f"{_counted(found['oddity_count'], 'oddity', 'oddities')}."
    )


def _counted(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"


def _shown(shown: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(shown)
        return
    if shown["begins"] is None:
        typer.echo(f"{shown['version_id']} is taken back: it is never in force.")
        return
    until = f"until before {shown['ends']}" if shown["ends"] else "until the next version"
    typer.echo(f"{shown['version_id']} is in force from {shown['begins']} {until}.")


def _content_of(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as exc:
        raise StackError(f"{file} cannot be read: {exc.strerror}.") from exc


def _moment(text: str) -> str:
    try:
        return rfc3339(datetime.fromisoformat(text.upper()))
    except ValueError:
        raise StackError(f"{text} is no time with a zone: 2027-01-31T23:00:00Z.") from None


def _key(what: str) -> str:
    return f"tuiku-policy-{what}-{time.time_ns()}"

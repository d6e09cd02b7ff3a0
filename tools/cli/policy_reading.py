"""`tuiku policy list|show|terms`: the versions there are, and what they say."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from tools.cli.gate import Gate
from tools.cli.options import DEFAULT_NAME, AsJson, Name, StageName, target_of
from tools.cli.policy_drafts import VersionArgument
from tools.cli.telling import print_json, print_table
from tools.stack.errors import StackError

_PAGES_MAX = 100


def list_versions(
    policy: Annotated[str | None, typer.Option(help="Of this policy only.")] = None,
    name: Name = DEFAULT_NAME,
    stage: StageName = None,
    as_json: AsJson = False,
) -> None:
    """List all versions of all policies, built in or your own, with their state and dates."""
    rows = list(_rows(Gate(target_of(name, stage)), policy))
    if as_json:
        print_json(rows)
        return
    print_table(
        ("policy", "version", "state", "begins", "ends", "title"),
        (
            (
                row["policy"],
                row["version_id"],
                "in force" if row["in_force"] else row["state"],
                (row["begins"] or "never")[:16],
                (row["ends"] or "")[:16],
                row["title"].get("en", ""),
            )
            for row in rows
        ),
    )


def show(
    version: VersionArgument,
    name: Name = DEFAULT_NAME,
    stage: StageName = None,
    as_json: AsJson = False,
) -> None:
    """Print the document of a version, built in or your own: to be copied and changed."""
    shown = Gate(target_of(name, stage)).get(f"/v1/policies/{version}")
    print_json(shown if as_json else shown["document"])


def terms(
    version: VersionArgument,
    language: Annotated[str, typer.Option("--lang", help="en or zh-CN.")] = "en",
    html: Annotated[Path | None, typer.Option(help="Write the page to this file.")] = None,
    pdf: Annotated[Path | None, typer.Option(help="Write the PDF to this file.")] = None,
    name: Name = DEFAULT_NAME,
    stage: StageName = None,
    as_json: AsJson = False,
) -> None:
    """Print the terms that customers read; page and PDF are of published versions only."""
    gate = Gate(target_of(name, stage))
    path = f"/v1/policies/{version}"
    written: dict[str, int] = {}
    if html is not None:
        page = gate.unsigned(f"{path}/terms.html?lang={language}")
        written[str(html)] = _write(html, page.content)
    if pdf is not None:
        found = gate.unsigned(f"{path}/terms.pdf?lang={language}", status=303)
        written[str(pdf)] = _write(pdf, gate.download(found.body["url"]))
    told = {"written": written} if written else gate.get(f"{path}/preview?lang={language}")
    if as_json:
        print_json(told)
    elif written:
        typer.echo("\n".join(f"{file}: {size:,} bytes." for file, size in written.items()))
    else:
        typer.echo("\n".join(_lines(told)))


def _rows(gate: Gate, policy: str | None) -> Iterator[dict[str, Any]]:
    """What is built in comes first."""
    chosen = f"&policy={policy}" if policy else ""
    cursor = ""
    for _ in range(_PAGES_MAX):
        page = gate.get(f"/v1/policies?limit=200{chosen}{cursor}")
        if not cursor:
            yield from page["built_in"]
        yield from page["items"]
        if page["next_cursor"] is None:
            return
        cursor = f"&cursor={page['next_cursor']}"
    raise StackError("There are more versions than can be listed: name a policy.")


def _lines(told: dict[str, Any]) -> Iterator[str]:
    yield from (told["title"], told["in_force"], "", told["intro"])
    for number, clause in enumerate(told["clauses"], start=1):
        yield ""
        yield f"{number}. {clause['title']}"
        if clause["applies"]:
            yield f"   ({clause['applies']})"
        yield from (f"   - {sentence}" for sentence in clause["says"])
    yield from ("", told["closing"])


def _write(file: Path, content: bytes) -> int:
    try:
        return file.write_bytes(content)
    except OSError as exc:
        raise StackError(f"{file} cannot be written: {exc.strerror}.") from exc

"""`tuiku policy`: documents are checked without a stack, and answers are told in plain lines."""

import json
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from typer.testing import CliRunner

from chalicelib.policy.catalogue import starter_form
from tools.cli.app import app
from tools.cli.gate import Gate, Reply
from tools.cli.policy_reading import _lines, _rows
from tools.stack.errors import StackError
from tools.targets import Target

_FOUND, _USAGE = 1, 2


def document(**changed: Any) -> dict[str, Any]:
    form = starter_form("standard-30d")
    assert form is not None
    sound: dict[str, Any] = json.loads(form)
    return sound | changed


def checks(tmp_path: Path, content: str, *options: str) -> tuple[int, str]:
    file = tmp_path / "policy.json"
    file.write_text(content, encoding="utf-8")
    done = CliRunner().invoke(app, ["policy", "check", str(file), *options])
    return done.exit_code, done.stdout


def test_a_sound_document_is_checked_without_a_stack(tmp_path: Path) -> None:
    code, told = checks(tmp_path, json.dumps(document()))

    assert code == 0
    assert told.endswith("0 faults, 0 oddities.\n")


def test_faults_are_told_where_they_are(tmp_path: Path) -> None:
    code, told = checks(tmp_path, json.dumps(document(time_zone="Mars/Olympus")))

    assert code == _FOUND
    assert told.startswith("✗ /time_zone: ")
    assert "(unknown_time_zone)" in told


@pytest.mark.parametrize(
    ("content", "pointer", "code"),
    [
        ("{", "", "malformed_json"),
        (json.dumps(document(rules=[{"id": "r", "then": {}}])), "/rules/0/title", "required"),
        (json.dumps(document(colour="red")), "/colour", "unknown_field"),
    ],
    ids=["no JSON", "no title", "an unknown field"],
)
def test_what_is_no_policy_is_told_like_a_fault(
    tmp_path: Path, content: str, pointer: str, code: str
) -> None:
    exit_code, told = checks(tmp_path, content, "--json")

    found = json.loads(told)
    assert exit_code == _FOUND
    assert not found["publishable"]
    assert [(one["pointer"], one["code"]) for one in found["faults"]] == [(pointer, code)]


@pytest.mark.parametrize("at", ["tomorrow", "2027-01-01"])
def test_an_end_is_a_moment(at: str) -> None:
    done = CliRunner().invoke(app, ["policy", "end", "v-1", "--at", at, "--name", "never-started"])

    assert isinstance(done.exception, StackError)


def test_an_end_has_to_be_said() -> None:
    assert CliRunner().invoke(app, ["policy", "end", "v-1"]).exit_code == _USAGE


class Pages:
    """An API that lists one version on each of three pages, after what is built in."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(
        self, method: str, url: str, *, body: bytes | None, headers: Mapping[str, str]
    ) -> Reply:
        if url.endswith("/token"):
            return Reply(status=200, body={"access_token": "t"}, content=b"")
        self.asked.append(url)
        number = len(self.asked)
        page = {
            "items": [{"version_id": f"v-{number}"}],
            "built_in": [{"version_id": "standard-30d"}],
            "next_cursor": f"c{number}" if number < 3 else None,
        }
        return Reply(status=200, body=page, content=b"")


def test_all_pages_are_listed_after_what_is_built_in() -> None:
    pages = Pages()
    identity = SimpleNamespace(client_id="c", token_url="https://id/token")
    target = SimpleNamespace(
        api_url="https://api", identity=identity, machine_secret=lambda: "secret"
    )

    rows = _rows(Gate(cast(Target, target), pages), "mine")

    assert [row["version_id"] for row in rows] == ["standard-30d", "v-1", "v-2", "v-3"]
    assert pages.asked[1] == "https://api/v1/policies?limit=200&policy=mine&cursor=c1"


def test_terms_are_printed_as_numbered_clauses() -> None:
    clause = {"title": "Opened", "applies": "it is opened", "says": ["15 % is kept."]}
    told = {"title": "T", "in_force": "From now.", "intro": "I.", "closing": "C."}

    lines = list(_lines({**told, "clauses": [clause]}))

    assert lines == [
        "T", "From now.", "", "I.", "", "1. Opened", "   (it is opened)", "   - 15 % is kept.",
        "", "C.",
    ]  # fmt: skip

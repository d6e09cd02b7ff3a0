"""The examples of docs/api.md, run in their order against the deployed application.

Each block of bash has a block of what it printed; every status line of it has to come again.
"""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tools.stack.client import Stack
from tools.stack.places import ROOT

PAGE = ROOT / "docs" / "api.md"
ROLES = (
    "machine", "sales", "support", "customer", "reviewer", "senior_reviewer", "warehouse",
    "inspector", "finance", "auditor", "admin",
)  # fmt: skip
_BLOCK = re.compile(r"^```(bash|http)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_STATUS = re.compile(r"^HTTP/[0-9.]+ (\d{3})", re.MULTILINE)
_PATIENCE_S = 240


@dataclass(frozen=True, slots=True)
class Example:
    """`shown` is None for a block that only sets something up."""

    line: int
    script: str
    shown: str | None


def examples(text: str) -> list[Example]:
    """The blocks in their order, each with what is shown right after it."""
    found: list[Example] = []
    end = -1
    for block in _BLOCK.finditer(text):
        kind, content = block[1], block[2]
        line = text.count("\n", 0, block.start()) + 1
        if kind == "bash":
            found.append(Example(line, content, None))
        else:
            assert block.start() == end + 1, f"line {line}: output without its example"
            found[-1] = Example(found[-1].line, found[-1].script, content)
        end = block.end()
    return found


def outputs(stack: Stack, told: list[Example], folder: Path) -> list[str]:
    """What each example prints, in one shell, so that later ones know what earlier ones learned."""
    parts = ["set -u"]
    for number, example in enumerate(told):
        parts.append(f"{{\n{example.script}}} >{number}.out 2>&1 </dev/null")
    script = folder / "page.sh"
    script.write_text("\n".join(parts), encoding="utf-8")
    tokens = {f"TOKEN_{role.upper()}": stack.token(role) for role in ROLES}
    known = {
        **os.environ,
        **tokens,
        "API": f"{stack.state.api_url}/v1",
        "CARRIER_SECRET": stack.state.carrier_secret,
        "PROVIDER_SECRET": stack.state.provider_secret,
        "PROVIDER_URL": stack.state.provider_url,
        "NO_PROXY": "127.0.0.1",
    }
    ran = subprocess.run(
        ["bash", str(script)],
        cwd=folder,
        env=known,
        capture_output=True,
        text=True,
        timeout=_PATIENCE_S,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return [(folder / f"{number}.out").read_text("utf-8", "replace") for number in range(len(told))]


@pytest.mark.skipif(not (shutil.which("bash") and shutil.which("curl")), reason="no bash or curl")
def test_the_examples_of_the_page_answer_as_it_says(stack: Stack, tmp_path: Path) -> None:
    told = examples(PAGE.read_text(encoding="utf-8"))

    printed = outputs(stack, told, tmp_path)

    assert len(told) > 20
    for example, seen in zip(told, printed, strict=True):
        wanted = _STATUS.findall(example.shown or "")
        assert _STATUS.findall(seen) == wanted, f"docs/api.md:{example.line} printed:\n{seen}"
        assert example.shown is None or wanted, f"docs/api.md:{example.line} shows no status"


def test_every_route_has_an_example() -> None:
    """At least its path is asked by a curl of the page, whatever the ids are."""
    from app import app
    from chalicelib.api.methods import own_routes

    scripts = "\n".join(one.script for one in examples(PAGE.read_text(encoding="utf-8")))
    calls = re.sub(r'act "\$TOKEN_\w+" (\w+)', r'"$API/returns/$LAST/\1"', scripts)
    asked = {re.sub(r"(?:[A-Za-z0-9]+-)?\$\w+", "{}", path) for path in _paths(calls)}

    missing = {
        f"{method} {path}"
        for path, method, _ in own_routes(app)
        if re.sub(r"\{\w+\}", "{}", path.removeprefix("/v1")) not in asked
    }

    assert missing == set()


def _paths(scripts: str) -> set[str]:
    found = set(re.findall(r'"\$API(/[^"?]*)', scripts))
    return {path.replace("A-$RUN", "$NO").replace("dev7-$RUN", "$ID") for path in found}

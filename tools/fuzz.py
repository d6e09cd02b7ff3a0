"""`python -m tools.fuzz`: thousands of generated requests against a running local stack.

Schemathesis makes them from docs/openapi.json, right and wrong ones. An answer that is a server
error, or not what the document promises (status, headers, content type, schema), is a failure.
Exit codes: those of schemathesis (0 none found), 3 no such stack.
"""

import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from tools.stack.client import Stack
from tools.stack.errors import StackError

ROOT = Path(__file__).resolve().parent.parent
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)
app = typer.Typer(add_completion=False, help=__doc__)


@app.command()
def fuzz(
    name: Annotated[str, typer.Option(help="Which local stack.")] = "dev",
    seconds: Annotated[int, typer.Option(help="How long to make up requests.")] = 180,
    seed: Annotated[int, typer.Option(help="The same seed makes the same requests.")] = 1,
    role: Annotated[str, typer.Option(help="Who asks; admin may ask everything.")] = "admin",
) -> None:
    """Review the deployed API with generated requests."""
    try:
        stack = Stack.load(name)
        token = stack.token(role)
    except StackError as exc:
        typer.echo(f"✗ {exc}", err=True)
        raise typer.Exit(3) from exc
    command = [
        str(Path(sys.executable).parent / "schemathesis"),
        *("run", str(ROOT / "docs" / "openapi.json"), "--url", stack.state.api_url),
        *("--header", f"Authorization: Bearer {token}"),
        *("--checks", ",".join(CHECKS), "--phases", "examples,coverage,fuzzing"),
        *("--max-examples", "12", "--max-time", str(seconds), "--seed", str(seed)),
        *("--workers", "2", "--continue-on-failure", "--no-shrink", "--warnings", "off"),
    ]
    done = subprocess.run(command, cwd=ROOT / "build", check=False)
    raise typer.Exit(done.returncode)


if __name__ == "__main__":
    app()

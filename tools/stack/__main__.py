"""`python -m tools.stack up|down|status|logs`: the local stack from the command line."""

from __future__ import annotations

import json
import time
from typing import Annotated

import typer

from tools.stack import bringup
from tools.stack.client import Stack
from tools.stack.errors import StackError
from tools.stack.logs import Line, Reader, follow
from tools.stack.places import DEFAULT_NAME, Place, StackState, all_places
from tools.stack.show import Show, run
from tools.stack.status import status_of, tell

app = typer.Typer(
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__
)

Name = Annotated[str, typer.Option("--name", help="Which stack: several can run at once.")]
AsJson = Annotated[
    bool, typer.Option("--json", help="Print the result as JSON, progress to standard error.")
]


@app.command()
def up(
    name: Name = DEFAULT_NAME,
    as_json: AsJson = False,
    port: Annotated[
        int | None, typer.Option(help="The local AWS's port; without it a free one is found.")
    ] = None,
) -> None:
    """Start the stack, or bring a running one up to date."""
    show = Show(to_stderr=as_json)
    state = bringup.up(Place(name=name), show, port=port)
    if as_json:
        typer.echo(state.to_json(), nl=False)
    else:
        _tell(state, show)


@app.command()
def down(
    name: Name = DEFAULT_NAME,
    as_json: AsJson = False,
    keep: Annotated[bool, typer.Option("--keep", help="Keep the data for the next `up`.")] = False,
    every: Annotated[bool, typer.Option("--all", help="Every stack there is.")] = False,
) -> None:
    """Stop the stack and remove every trace of it."""
    show = Show(to_stderr=as_json)
    if every:
        taken = [place.name for place in all_places() if bringup.down(place, show, keep=keep)]
        if as_json:
            typer.echo(json.dumps({"names": taken, "kept": keep}))
        return
    was_there = bringup.down(Place(name=name), show, keep=keep)
    if as_json:
        typer.echo(json.dumps({"name": name, "was_up": was_there, "kept": keep and was_there}))
    elif not was_there:
        show.say(f"There is no stack '{name}' to take down.")


@app.command()
def status(name: Name = DEFAULT_NAME, as_json: AsJson = False) -> None:
    """Show whether the stack is well; exit code 1 if it is not."""
    show_status(name, as_json=as_json)


def show_status(name: str, *, as_json: bool) -> None:
    found = status_of(Place(name=name))
    if as_json:
        typer.echo(json.dumps(found.to_dict(), indent=2))
    else:
        tell(found, Show())
        if not found.is_up:
            raise StackError(f"The local stack '{name}' is not up: run `make up`.")
    if not found.is_well:
        raise typer.Exit(1)


@app.command()
def logs(
    name: Name = DEFAULT_NAME,
    as_json: AsJson = False,
    function: Annotated[
        str | None, typer.Option(help="One function only, by its Python name, or `api`.")
    ] = None,
    correlation: Annotated[
        str | None, typer.Option(help="Only lines that carry this correlation id.")
    ] = None,
    since: Annotated[int, typer.Option(min=1, help="How many minutes back.")] = 60,
    follow_on: Annotated[bool, typer.Option("--follow", help="Go on until Ctrl-C.")] = False,
    platform: Annotated[
        bool, typer.Option("--platform", help="With the START, END and REPORT lines.")
    ] = False,
) -> None:
    """Show what the functions logged."""
    reader = Reader(
        stack=Stack.load(name), function=function, correlation=correlation, with_platform=platform
    )

    def show(line: Line) -> None:
        typer.echo(line.to_json() if as_json else line.shown())

    shown = follow(reader, int((time.time() - since * 60) * 1000), show, forever=follow_on)
    if not shown and not as_json:
        Show(to_stderr=True).say("No log lines.")


def _tell(state: StackState, show: Show) -> None:
    again = "" if state.name == DEFAULT_NAME else f" NAME={state.name}"
    person = state.users["reviewer"]
    show.say("")
    show.say(f"API        {state.api_url}/v1")
    show.say(f"AWS        {state.endpoint}  (keys test/test, region {state.region})")
    show.say(
        f"People     <role>@tuiku.test, password {person.password}; for a token: "
        f"bin/tuiku token reviewer{' --name ' + state.name if again else ''}"
    )
    show.say(f"Next       make status{again} · make logs{again} · make down{again}")


if __name__ == "__main__":
    run(app)

"""`tuiku reasons`: the catalogue of reasons as a tree, or what another system calls them."""

from collections.abc import Iterator
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.tree import Tree

from tools.cli.gate import Gate
from tools.cli.options import DEFAULT_NAME, AsJson, Name, StageName, target_of
from tools.cli.telling import print_json, print_table

Node = dict[str, Any]
"""A branch of the catalogue as the API tells it."""


def reasons(
    system: Annotated[
        str | None,
        typer.Option(help="What this system calls them: shopify, google_merchant, x12, …"),
    ] = None,
    name: Name = DEFAULT_NAME,
    stage: StageName = None,
    as_json: AsJson = False,
) -> None:
    """Print why goods may come back, group by group, as this merchant has them."""
    gate = Gate(target_of(name, stage))
    if system is not None:
        mapping = gate.get(f"/v1/reasons/mappings/{system}")
        if as_json:
            print_json(mapping)
        else:
            _tell_mapping(mapping)
        return
    catalogue = gate.get("/v1/reasons?languages=all")
    if as_json:
        print_json(catalogue)
    else:
        Console(highlight=False, markup=False).print(tree_of(catalogue))


def tree_of(catalogue: Node) -> Tree:
    """The groups with their reasons, in both languages."""
    root = Tree(f"reasons, version {catalogue['version']}")
    for group in catalogue["groups"]:
        _grow(root, group)
    return root


def _grow(above: Tree, group: Node) -> None:
    branch = above.add(f"{group['code']}  {_words(group)}")
    for inner in group["groups"]:
        _grow(branch, inner)
    for reason in group["reasons"]:
        leaf = branch.add(f"{reason['code']}  {_words(reason)}  {', '.join(_marks(reason))}")
        for question in reason["questions"]:
            needed = ", required" if question["required"] else ""
            leaf.add(f"? {question['id']} ({question['kind']}{needed})  {_words(question)}")


def _words(node: Node) -> str:
    return f"{node['words']['en']} · {node['words']['zh-CN']}"


def _marks(reason: Node) -> Iterator[str]:
    """What is to be known of a reason at a glance."""
    yield f"fault {reason['fault']}"
    yield from (f"needs {kind}" for kind in reason["evidence"])
    for name, is_so, words in (
        ("note_required", True, "needs a note"),
        ("customer_visible", False, "not for customers"),
        ("active", False, "not offered any more"),
        ("built_in", False, "your own"),
    ):
        if reason[name] is is_so:
            yield words


def _tell_mapping(mapping: Node) -> None:
    typer.echo(f"{mapping['title']}: {mapping['codes']}")
    for part in ("reasons", "rejections", "responses"):
        if mapping[part]:
            rows = [(ours, ", ".join(theirs) or "-") for ours, theirs in mapping[part].items()]
            print_table((part, mapping["system"]), rows)

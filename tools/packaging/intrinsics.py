"""Reads CloudFormation YAML with its short tags: `!Sub s` becomes {"Fn::Sub": s}."""

from pathlib import Path
from typing import Any

import yaml


class _Loader(yaml.SafeLoader):
    """A class of our own: the tags must not leak into everybody's SafeLoader."""


def _intrinsic(loader: _Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    name = suffix if suffix in {"Ref", "Condition"} else f"Fn::{suffix}"
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
        return {name: value.split(".", 1) if suffix == "GetAtt" else value}
    if isinstance(node, yaml.SequenceNode):
        return {name: loader.construct_sequence(node, deep=True)}
    assert isinstance(node, yaml.MappingNode)
    return {name: loader.construct_mapping(node, deep=True)}


_Loader.add_multi_constructor("!", _intrinsic)


def load_yaml(text: str) -> dict[str, Any]:
    loaded = yaml.load(text, Loader=_Loader)  # noqa: S506 - a SafeLoader with five more tags
    assert isinstance(loaded, dict)
    return loaded


def load_template(path: Path) -> dict[str, Any]:
    return load_yaml(path.read_text())

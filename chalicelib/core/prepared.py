"""Methods of dataclasses, compiled when the package was made and not at every cold start.

The standard library writes `__init__`, `__eq__` and their like as text and compiles it wherever a
class is made: a third of what a new worker did before it answered. A package holds the byte code of
these texts (tools/packaging/methods.py), as it holds that of modules. A text that it does not hold,
or that another Python compiled, is compiled as ever: no class can differ by it.
"""

import builtins
import dataclasses
import hashlib
import marshal
from collections.abc import Callable, Mapping
from importlib.util import MAGIC_NUMBER
from mmap import ACCESS_READ, mmap
from pathlib import Path
from types import CodeType
from typing import Any

FILE = Path(__file__).with_name("prepared.bin")
Run = Callable[[str, dict[str, Any], dict[str, Any]], None]
"""As `exec`: a text, the names that it sees and those that it makes (Any: whatever they are)."""
_LENGTH = 4
"""Bytes of the length of the list of modules."""
_MARSHAL = 2
"""Its newest format that writes equal bytes for equal code, whatever else the process holds."""


def install() -> None:
    """To be called before a class is made; does nothing where the sources run, not a package."""
    try:
        with FILE.open("rb") as file:
            # Mapped, not read: a process looks at the modules that it imports.
            content = memoryview(mmap(file.fileno(), 0, access=ACCESS_READ))
    except FileNotFoundError:
        return
    if content[: len(MAGIC_NUMBER)] == MAGIC_NUMBER:
        through(runner(content))


def through(run: Run) -> None:
    """Let dataclasses run their texts by this: a name of a module stands before a built-in one."""
    setattr(dataclasses, "exec", run)  # noqa: B010 - no stub of dataclasses has the name


def runner(content: memoryview) -> Run:
    """Runs a text by its byte code where `packed` was given that, else as `exec` does."""
    head = len(MAGIC_NUMBER) + _LENGTH
    places: dict[str, int] = _read(content[head:])
    modules = content[head + int.from_bytes(content[len(MAGIC_NUMBER) : head], "big") :]
    opened: dict[str, dict[bytes, bytes]] = {}

    def run(text: str, names: dict[str, Any], made: dict[str, Any]) -> None:
        module = names.get("__name__", "")
        if module not in opened:
            opened[module] = _read(modules[places[module] :]) if module in places else {}
        code = opened[module].get(_key_of(text))
        builtins.exec(text if code is None else _read(code), names, made)  # noqa: S102 - as there

    return run


def packed(codes: Mapping[str, Mapping[str, CodeType]]) -> bytes:
    """The byte code of texts by module and text: the same bytes for the same texts.

    How long the list of modules is, where each begins, and then the modules.
    """
    places: dict[str, int] = {}
    modules = b""
    for module, texts in sorted(codes.items()):
        places[module] = len(modules)
        modules += _written({_key_of(text): _written(texts[text]) for text in sorted(texts)})
    listed = _written(places)
    return MAGIC_NUMBER + len(listed).to_bytes(_LENGTH, "big") + listed + modules


def _key_of(text: str) -> bytes:
    return hashlib.blake2b(text.encode(), digest_size=16).digest()


def _written(value: Any) -> bytes:  # Any: byte code, or what holds it
    return marshal.dumps(value, _MARSHAL)


def _read(content: bytes | memoryview) -> Any:  # Any: what was written; what follows is ignored
    return marshal.loads(content)  # noqa: S302 - part of the package, like its byte code

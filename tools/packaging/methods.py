"""Compiles the methods that dataclasses write, so that no cold start has to.

Read from the application itself, by importing every module and noting each text that is run.
"""

from pathlib import Path

from tools.packaging.application import learn

_USER = Path("chalicelib") / "core" / "prepared.py"
_CODE = """
import builtins, pkgutil, sys
sys.path.insert(0, sys.argv[1])
import chalicelib
from chalicelib.core import prepared

codes = {}

def note(text, names, made):
    code = compile(text, "<string>", "exec", dont_inherit=True)
    codes.setdefault(names["__name__"], {})[text] = code
    builtins.exec(code, names, made)

prepared.through(note)
for module in pkgutil.walk_packages(chalicelib.__path__, "chalicelib."):
    __import__(module.name)
prepared.FILE.write_bytes(prepared.packed(codes))
"""


def write(tree: Path, stage: str) -> None:
    """Into the tree of an application; one that would not read it is left as it is."""
    if not (tree / _USER).exists():
        return
    learn(tree, _CODE, stage=stage, what="methods")

"""What may not happen to goods that a second inspector has still to see. Pure."""

from chalicelib.core import runs
from chalicelib.core.errors import Conflict
from chalicelib.core.runs import Runs
from chalicelib.returns.model import Disposition, Return

_LEAVES = frozenset({Disposition.SCRAP, Disposition.DONATE, Disposition.RTV})
"""Ways on which goods are gone for good; on every other they can be found, and looked at."""


def kept_for_second_look(ret: Return, line_no: str, disposition: Disposition) -> Runs:
    """The units of a line that may not go this way yet."""
    if disposition not in _LEAVES:
        return ()
    return runs.merged(
        run for look in ret.findings.second_looks for run in look.line_units.get(line_no, ())
    )


def require_seen_twice(free: Runs, fitting: Runs, quantity: int, *, line_no: str) -> None:
    """Raises Conflict where there would be units enough, were none of them waited for."""
    if runs.size(free) < quantity <= runs.size(fitting):
        raise Conflict(
            "second_look_open",
            f"Line {line_no}: {runs.size(fitting) - runs.size(free)} units wait for a second look.",
            line_no=line_no,
            possible=runs.size(free),
        )

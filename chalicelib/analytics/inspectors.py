"""What inspectors did in an hour: units, durations, and how second looks at their work came out.

Rows of their own dimension, which dashboards do not offer: inspection/accuracy.py reads them. A
row is about who inspected first, whoever looked at it again.
"""

from collections.abc import Callable, Iterator, Mapping

from chalicelib.analytics.model import MetricRow
from chalicelib.core.events import Event, Json

DIMENSION = "inspector"
Row = Callable[[str, str], MetricRow]
"""The row of a dimension and a group, while it is being folded."""
_EXACT_BELOW = 100


def count(event: Event, row: Row) -> bool:
    """Count an event of inspection; whether it was one."""
    if event.type == "return.inspected":
        _inspected(event, row(DIMENSION, event.actor.id))
        return True
    first = event.data.get("first_by")
    if event.type != "return.second_inspected" or not isinstance(first, str):
        return False
    if event.data.get("outcome") != "dropped":
        _looked_at_again(event.data, row(DIMENSION, first))
    return True


def seconds(duration_s: int) -> int:
    """A duration to two digits: so precise that a median is not told apart, in few figures."""
    step = 1
    while duration_s // step >= _EXACT_BELOW:
        step *= 10
    return duration_s // step * step


def _inspected(event: Event, row: MetricRow) -> None:
    row.count("inspections", 1)
    lines = event.data.get("lines")
    for line in lines if isinstance(lines, list) else []:
        quantity = line.get("quantity") if isinstance(line, dict) else None
        if isinstance(quantity, int):
            row.count("inspected_units", quantity)
    duration = event.data.get("duration_s")
    if isinstance(duration, int):
        row.count(f"seconds_{seconds(duration)}", 1)


def _looked_at_again(data: Mapping[str, Json], row: MetricRow) -> None:
    row.count("sampled", 1)
    row.count("sampled_units", _number(data.get("units")))
    agreed = data.get("agreed")
    for name, number in agreed.items() if isinstance(agreed, dict) else ():
        row.count(f"agreed_{name}", _number(number))
    for first, second, units in _grades(data):
        row.count(f"grades_{first}{second}", units)


def _grades(data: Mapping[str, Json]) -> Iterator[tuple[str, str, int]]:
    pairs = data.get("grades")
    for pair in pairs if isinstance(pairs, list) else []:
        if isinstance(pair, dict):
            yield str(pair.get("first")), str(pair.get("second")), _number(pair.get("units"))


def _number(value: Json) -> int:
    return value if isinstance(value, int) else 0

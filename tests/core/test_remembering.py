"""What a process remembers for half a minute, thing by thing, and never of too many things."""

from datetime import timedelta

from chalicelib.core.remembering import EACH_MAX, FOR, RememberedEach
from tests.builders import NOW


def test_each_thing_is_asked_for_once_until_it_is_old() -> None:
    known: RememberedEach[str, str] = RememberedEach()
    asked: list[str] = []
    now = NOW

    def read(name: str) -> str:
        def ask() -> str:
            asked.append(name)
            return name.upper()

        return known.get(name, ask, lambda: now)

    assert [read("a"), read("b"), read("a")] == ["A", "B", "A"]
    assert asked == ["a", "b"]
    now = NOW + FOR - timedelta(seconds=1)
    read("a")
    assert asked == ["a", "b"]
    now = NOW + FOR
    read("a")
    assert asked == ["a", "b", "a"]


def test_where_there_are_too_many_all_are_asked_for_anew() -> None:
    known: RememberedEach[int, int] = RememberedEach()
    asked: list[int] = []

    def read(number: int) -> int:
        def ask() -> int:
            asked.append(number)
            return number

        return known.get(number, ask, lambda: NOW)

    for number in range(EACH_MAX + 1):
        read(number)
    read(EACH_MAX)
    assert len(asked) == EACH_MAX + 1
    read(0)

    assert asked[-1] == 0

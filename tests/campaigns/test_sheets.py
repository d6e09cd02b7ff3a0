"""A list that grows: in files of a bounded size, whole again after a worker died."""

from dataclasses import dataclass, field

from chalicelib.campaigns.sheets import GrowingSheet, rows_of
from tests.imports.files import read_csv


@dataclass(slots=True)
class Shelf:
    """A bucket in memory."""

    objects: dict[str, bytes] = field(default_factory=dict)
    writes: int = 0

    def read(self, key: str, *, size_max: int) -> bytes:
        content = self.objects[key]
        assert len(content) <= size_max
        return content

    def write(self, key: str, content: bytes, *, content_type: str) -> None:
        assert content_type == "text/csv"
        self.objects[key] = content
        self.writes += 1


def sheet(shelf: Shelf, part_bytes: int = 10_000) -> GrowingSheet:
    return GrowingSheet(files=shelf, prefix="list", header=("a", "b"), part_bytes=part_bytes)


def rows(shelf: Shelf) -> list[list[str]]:
    return [row for key in sorted(shelf.objects) for row in rows_of(shelf, key)]


def test_a_list_is_a_file_that_spreadsheets_read() -> None:
    shelf = Shelf()
    growing = sheet(shelf)

    growing.add([("1", "退货"), ("2", "x;y")])
    growing.keep()

    assert read_csv(shelf.objects["list-0001.csv"]) == [
        {"a": "1", "b": "退货"},
        {"a": "2", "b": "x;y"},
    ]
    assert growing.parts == 1


def test_no_cell_is_a_formula_however_often_it_is_written() -> None:
    shelf = Shelf()
    growing = sheet(shelf)
    growing.add([("=1+1", "-2")])
    again = sheet(shelf)
    again.restore(growing.keep())

    again.add([("@x", "y")])
    again.keep()

    assert rows(shelf) == [["'=1+1", "'-2"], ["'@x", "y"]]


def test_a_list_without_rows_has_no_file() -> None:
    shelf = Shelf()
    growing = sheet(shelf)

    assert growing.keep() == {"part": 1, "rows": 0}
    assert (growing.parts, shelf.objects) == (0, {})


def test_what_is_written_already_is_not_written_again() -> None:
    shelf = Shelf()
    growing = sheet(shelf)
    growing.add([("1", "x")])

    growing.keep()
    growing.keep()

    assert shelf.writes == 1


def test_a_full_file_is_left_for_the_next_and_what_belongs_together_stays_together() -> None:
    shelf = Shelf()
    growing = sheet(shelf, part_bytes=20)

    for number in range(4):
        growing.add([(str(number), "first"), (str(number), "second")])
    growing.keep()

    parts = [{row[0] for row in rows_of(shelf, key)} for key in sorted(shelf.objects)]
    assert parts == [{"0"}, {"1"}, {"2"}, {"3"}]
    assert growing.parts == 4


def test_rows_after_the_last_note_are_found_again_and_stand_there_once() -> None:
    shelf = Shelf()
    died = sheet(shelf)
    died.add([("1", "x")])
    noted = died.keep()
    died.add([("2", "x"), ("3", "x")])
    died.keep()

    going_on = sheet(shelf)
    going_on.restore(noted)
    going_on.add([("2", "x")])
    going_on.keep()

    assert rows(shelf) == [["1", "x"], ["2", "x"]]

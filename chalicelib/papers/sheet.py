"""What stands on a sheet of the warehouse, in one language: words, tables, pictures, a code.

Pure. Every text is final; whoever draws it decides on fonts and places only.
"""

import json
from collections.abc import Collection
from dataclasses import asdict, dataclass, replace
from hashlib import sha256


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A clean photo by its key in the files bucket, and what is said of it."""

    key: str
    caption: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """A table. `widths` are parts of the page's width; `figures` are columns set to the right."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    widths: tuple[float, ...]
    figures: frozenset[int] = frozenset()

    def __post_init__(self) -> None:
        assert len(self.columns) == len(self.widths), "every column has a width"
        assert all(len(row) == len(self.columns) for row in self.rows), "rows fill the columns"


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A part with a title: facts in two columns, then a table, pictures, and sentences."""

    title: str
    facts: tuple[tuple[str, str], ...] = ()
    grid: Grid | None = None
    pictures: tuple[Picture, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """`code` is printed as Code 128 and as QR. `page_words` has `{page}` and `{pages}` in it."""

    language: str
    title: str
    number: str
    facts: tuple[tuple[str, str], ...]
    sections: tuple[Section, ...]
    page_words: str
    code: str | None = None
    closing: tuple[str, ...] = ()
    signatures: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """The same for the same words and pictures."""
        said = json.dumps(asdict(self), default=sorted, sort_keys=True, ensure_ascii=False)
        return sha256(said.encode()).hexdigest()[:32]

    @property
    def pictures(self) -> tuple[Picture, ...]:
        return tuple(picture for section in self.sections for picture in section.pictures)

    def without(self, keys: Collection[str]) -> "Sheet":
        """The same without these pictures: another sheet, with another digest."""
        sections = (
            replace(one, pictures=tuple(each for each in one.pictures if each.key not in keys))
            for one in self.sections
        )
        return replace(self, sections=tuple(sections))

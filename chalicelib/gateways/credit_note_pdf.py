"""A credit note on paper: A4, in Chinese or English, over as many pages as its lines need.

The same page gives the same bytes: there is neither a date nor a random id in the file.
"""

from collections.abc import Sequence
from typing import Any

from chalicelib.gateways.pdf_parts import (
    INK,
    RULE,
    SHADE,
    SMALL_PT,
    SOFT,
    drawn,
    paragraph,
    table,
    width_of,
)
from chalicelib.invoicing.presenting import Page, Party, Row

_TEXT_PT, _SMALLEST_PT = 9.0, 5.0
_PADDING_PT = 6.0
_DESCRIPTION_PT = 150.0
"""The least that a description is given; figures become smaller before it is."""


def note_pdf(page: Page, *, is_packed: bool = True) -> bytes:
    """A4 pages with page numbers; `is_packed` False leaves the text readable in the bytes."""
    return drawn(
        lambda width: _Story(page, width).parts(),
        title=f"{page.title} {page.number}".strip(),
        language=page.language,
        left_foot=page.number,
        page_words=page.page_words,
        is_packed=is_packed,
    )


class _Story:
    """What stands on the pages, from top to bottom; Any, because reportlab has no types."""

    def __init__(self, page: Page, width: float) -> None:
        self.page, self.width = page, width
        self.size, self.figures = _columns(page.rows, page.columns, width)

    def parts(self) -> list[Any]:
        # It takes a fifth of a second to import, and few requests need it.
        from reportlab.platypus import (  # type: ignore[import-untyped]  # noqa: PLC0415
            KeepTogether,
            Spacer,
        )

        page = self.page
        return [
            self._paragraph(page.title, 17, bold=True, space_after=10),
            self._parties(page.issued_by, page.to),
            Spacer(1, 12),
            self._facts(),
            Spacer(1, 14),
            self._lines(),
            Spacer(1, 14),
            KeepTogether(
                [
                    self._paragraph(page.summary_title, 10, bold=True, space_after=4),
                    self._summary(),
                    Spacer(1, 12),
                    self._totals(),
                    Spacer(1, 14),
                    self._paragraph(page.closing, SMALL_PT, color=SOFT),
                ]
            ),
        ]

    def _parties(self, *parties: Party) -> Any:
        """Side by side: who issued it, and whom it is for."""
        cells = [
            [
                self._paragraph(party.label, SMALL_PT, color=SOFT),
                self._paragraph(party.lines[0], 10, bold=True),
                *(self._paragraph(line, _TEXT_PT) for line in party.lines[1:]),
            ]
            for party in parties
        ]
        half = self.width / 2
        return table([cells], [half, half], [("RIGHTPADDING", (0, 0), (0, 0), 12)])

    def _facts(self) -> Any:
        """Two columns of label and value: the first is read to its end, and then the other."""
        facts = self.page.facts
        rows = (len(facts) + 1) // 2
        padded = [*facts, *([("", "")] * (rows * 2 - len(facts)))]
        cells = [
            [
                self._paragraph(text, _TEXT_PT, color=SOFT if is_label else INK)
                for pair in (padded[row], padded[row + rows])
                for text, is_label in ((pair[0], True), (pair[1], False))
            ]
            for row in range(rows)
        ]
        widths = [self.width * part for part in (0.19, 0.31, 0.22, 0.28)]
        lined = [("LINEABOVE", (0, 0), (-1, 0), 0.6, RULE)]
        return table(cells, widths, [*lined, ("LINEBELOW", (0, -1), (-1, -1), 0.6, RULE)])

    def _lines(self) -> Any:
        """The table of lines; its head stands on every page that it runs over."""
        heads = [
            self._paragraph(name, self.size, bold=True, right=place in _RIGHT)
            for place, name in enumerate(self.page.columns)
        ]
        rows = [
            [
                self._paragraph(text, self.size, right=place in _RIGHT)
                for place, text in enumerate(_texts(row))
            ]
            for row in self.page.rows
        ]
        styles = [
            ("BACKGROUND", (0, 0), (-1, 0), SHADE),
            ("VALIGN", (0, 0), (-1, 0), "BOTTOM"),
            ("LINEBELOW", (0, 0), (-1, -1), 0.4, RULE),
            ("LEFTPADDING", (0, 0), (-1, -1), _PADDING_PT / 2),
            ("RIGHTPADDING", (0, 0), (-1, -1), _PADDING_PT / 2),
        ]
        widths = [self.width - sum(self.figures), *self.figures]
        return table([heads, *rows], widths, styles, heads=1)

    def _summary(self) -> Any:
        """By rate: base, tax and both; what a rate is made of stands below it."""
        heads = [
            self._paragraph(name, self.size, bold=True, right=place > 0)
            for place, name in enumerate(self.page.summary_columns)
        ]
        rows = [
            [
                [
                    self._paragraph(row.rate, self.size),
                    *(
                        self._paragraph(tax, SMALL_PT, color=SOFT)
                        for tax in (row.taxes if len(row.taxes) > 1 else ())
                    ),
                ],
                *(self._paragraph(x, self.size, right=True) for x in (row.net, row.tax, row.gross)),
            ]
            for row in self.page.summary
        ]
        styles = [
            ("BACKGROUND", (0, 0), (-1, 0), SHADE),
            ("LINEBELOW", (0, 0), (-1, -1), 0.4, RULE),
            ("LEFTPADDING", (0, 0), (-1, -1), _PADDING_PT / 2),
            ("RIGHTPADDING", (0, 0), (-1, -1), _PADDING_PT / 2),
        ]
        widths = [self.width * part for part in (0.4, 0.2, 0.2, 0.2)]
        return table([heads, *rows], widths, styles, heads=1)

    def _totals(self) -> Any:
        rows = [
            [self._paragraph(label, _TEXT_PT), self._paragraph(value, _TEXT_PT, right=True)]
            for label, value in self.page.totals
        ]
        label, value = self.page.total_label, self.page.total
        rows.append(
            [
                self._paragraph(label, 11, bold=True),
                self._paragraph(value, 11, bold=True, right=True),
            ]
        )
        styles = [
            ("LINEABOVE", (0, -1), (-1, -1), 0.8, INK),
            ("LEFTPADDING", (0, 0), (-1, -1), _PADDING_PT / 2),
            ("RIGHTPADDING", (0, 0), (-1, -1), _PADDING_PT / 2),
        ]
        totals = table(rows, [self.width * 0.3, self.width * 0.25], styles)
        totals.hAlign = "RIGHT"
        return totals

    def _paragraph(
        self,
        text: str,
        size: float,
        *,
        bold: bool = False,
        right: bool = False,
        color: str = INK,
        space_after: float = 0,
    ) -> Any:
        return paragraph(
            text,
            size,
            language=self.page.language,
            bold=bold,
            right=right,
            color=color,
            space_after=space_after,
        )


_RIGHT = frozenset({1, 3, 4, 5, 6})
"""Columns of figures."""


def _texts(row: Row) -> tuple[str, ...]:
    return row.description, row.quantity, row.unit, row.net, row.rate, row.tax, row.gross


def _columns(rows: Sequence[Row], heads: Sequence[str], width: float) -> tuple[float, list[float]]:
    """The size of the text, and how wide the columns after the first are: as their widest figure.

    Words of a head may be broken over lines, figures may not.
    """
    texts = [
        {row[place] for row in map(_texts, rows)} | set(heads[place].split())
        for place in range(1, len(heads))
    ]
    size = _TEXT_PT
    while True:
        widest = [max(width_of(text, size) for text in column) for column in texts]
        found = [min(one, width / 4) + _PADDING_PT + 1 for one in widest]
        if width - sum(found) >= _DESCRIPTION_PT or size <= _SMALLEST_PT:
            return size, found
        size -= 0.5

"""The header status follows from where the units stand: row by row, and in every combination."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations_with_replacement

import pytest

from chalicelib.core.runs import Run
from chalicelib.returns.model import (
    Authorization,
    Closure,
    Disposition,
    InspectionResult,
    Logistics,
    Return,
    Shipment,
    UnitGroup,
)
from chalicelib.returns.standing import (
    HEADER,
    Standing,
    Status,
    is_complete,
    open_points,
    status_of,
)
from chalicelib.settlement.model import SettlementState
from tests.builders import owing
from tests.simulation.model import AskedLine, Package, Request
from tests.simulation.units import Unit

LABEL = Shipment(shipment_id="shp_1", carrier="dhl")


def unit(place: str) -> Unit:
    """A unit at a place that commands lead to, in words: "RECEIVED PASSED HOLD paid"."""
    stands = Unit(ordinal=1)
    for word in place.split():
        if word in Authorization.__members__:
            stands.authorization = word
        elif word in Logistics.__members__:
            stands.authorization, stands.logistics = "APPROVED", word
        elif word in InspectionResult.__members__:
            stands.inspection = word
        elif word in Disposition.__members__:
            stands.disposition = word
        elif word == "after":
            stands.ended_after_approval = True
        elif word in ("credit", "denied"):
            stands.credit = word == "credit"
        else:
            stands.credit, stands.settlement = True, word.upper()
    return stands


PLACES = (
    "DRAFT",
    "SUBMITTED",
    "NEEDS_INFO",
    "UNDER_REVIEW",
    "REJECTED",
    "CANCELLED",
    "CANCELLED after",
    "EXPIRED",
    "EXPIRED after",
    "AWAITING",
    "IN_TRANSIT",
    "ARRIVED",
    "LOST",
    "LOST credit",
    "LOST settled",
    "SHORT_CLOSED",
    "REFUSED",
    "NOT_NEEDED credit",
    "NOT_NEEDED settled",
    "RECEIVED",
    "RECEIVED SHIP_BACK denied",
    "RECEIVED NEEDS_REINSPECTION",
    "RECEIVED PASSED credit",
    "RECEIVED PASSED settled",
    "RECEIVED FAILED denied",
    "RECEIVED PASSED HOLD credit",
    "RECEIVED PASSED RESTOCK credit",
    "RECEIVED PASSED RESTOCK processing",
    "RECEIVED PASSED RESTOCK failed",
    "RECEIVED PASSED RESTOCK manual",
    "RECEIVED PASSED RESTOCK settled",
    "RECEIVED FAILED SCRAP denied",
)
"""Every kind of place on the axes; together they may stand in one return in any mixture."""


def group_of(stands: Unit, ordinal: int) -> UnitGroup:
    way = stands.disposition
    return UnitGroup(
        units=(Run(ordinal, 1),),
        authorization=Authorization(stands.authorization),
        logistics=Logistics(stands.logistics),
        inspection=InspectionResult(stands.inspection),
        disposition=None if way == "UNDECIDED" else Disposition(way),
        settlement=SettlementState(stands.settlement),
        credit=stands.credit,
        ended_after_approval=stands.ended_after_approval,
    )


def returned(*places: str, closure: Closure = Closure.OPEN, is_labelled: bool = False) -> Return:
    ret = owing(100)
    groups = tuple(group_of(unit(place), number) for number, place in enumerate(places, 1))
    lines = (replace(ret.lines[0], groups=groups, sold=len(groups)),)
    shipments = (LABEL,) if is_labelled else ()
    return replace(ret, lines=lines, closure=closure, shipments=shipments)


ROWS: list[tuple[Status, Return]] = [
    (Status.COMPLETED, returned("RECEIVED PASSED RESTOCK settled", closure=Closure.COMPLETED)),
    (Status.DRAFT, returned("DRAFT", "NEEDS_INFO", "AWAITING")),
    (Status.NEEDS_INFO, returned("NEEDS_INFO", "UNDER_REVIEW", "RECEIVED")),
    (Status.UNDER_REVIEW, returned("UNDER_REVIEW", "SUBMITTED", "IN_TRANSIT")),
    (Status.SUBMITTED, returned("SUBMITTED", "REJECTED", "AWAITING")),
    (Status.REJECTED, returned("REJECTED", "CANCELLED", "EXPIRED")),
    (Status.CANCELLED, returned("CANCELLED", "EXPIRED after")),
    (Status.EXPIRED, returned("EXPIRED", "EXPIRED after")),
    (Status.PARTLY_RECEIVED, returned("IN_TRANSIT", "LOST", is_labelled=True)),
    (Status.IN_TRANSIT, returned("ARRIVED", "AWAITING", is_labelled=True)),
    (Status.AWAITING_SHIPMENT, returned("AWAITING", "REJECTED", is_labelled=True)),
    (Status.PARTLY_APPROVED, returned("AWAITING", "REJECTED")),
    (Status.APPROVED, returned("AWAITING")),
    (Status.RECEIVED, returned("RECEIVED", "LOST settled")),
    (Status.INSPECTING, returned("RECEIVED", "RECEIVED PASSED RESTOCK settled")),
    (Status.SETTLING, returned("RECEIVED PASSED RESTOCK processing", "REFUSED")),
    (Status.DISPOSITIONED, returned("RECEIVED PASSED RESTOCK credit", "REJECTED")),
]
"""For each row of the table a return for which it is the first that holds, and not the last."""


def test_each_row_of_the_header_table_has_its_return() -> None:
    assert [status for status, _ in ROWS] == [row.status for row in HEADER]
    assert {row.status for row in HEADER} == set(Status)


@pytest.mark.parametrize(("place", "status"), [(n, s) for n, (s, _) in enumerate(ROWS)])
def test_a_row_decides_where_none_before_it_holds(place: int, status: Status) -> None:
    ret = ROWS[place][1]

    holding = [number for number, row in enumerate(HEADER) if row.holds(Standing(ret))]

    assert holding[0] == place
    assert holding[-1] == len(HEADER) - 1, "the last row holds always"
    assert status_of(ret) is status


def mixtures(most: int) -> Iterator[tuple[str, ...]]:
    """Every choice of up to so many places, in any number."""
    for count in range(1, most + 1):
        yield from combinations_with_replacement(PLACES, count)


@pytest.mark.parametrize("is_labelled", [False, True], ids=["no label", "a label"])
@pytest.mark.parametrize("closure", list(Closure))
def test_every_mixture_of_units_has_the_status_that_the_field_gives_it(
    closure: Closure, is_labelled: bool
) -> None:
    for places in mixtures(3):
        ret = returned(*places, closure=closure, is_labelled=is_labelled)
        meant = Request(
            order_no=None,
            lines={"1": AskedLine(sku="S", order_line=None, units=[unit(p) for p in places])},
            packages={"label": Package(units=[])} if is_labelled else {},
            is_closed=closure is Closure.COMPLETED,
        )

        assert status_of(ret) == meant.status, places
        assert is_complete(ret) == meant.is_complete, places


OPEN_POINTS: list[tuple[str, list[tuple[str, int]]]] = [
    ("DRAFT", [("not_decided", 1), ("nothing_approved", 1)]),
    ("REJECTED", [("nothing_approved", 1)]),
    ("CANCELLED after", [("nothing_approved", 1)]),
    ("AWAITING", [("goods_expected", 1)]),
    ("ARRIVED", [("goods_expected", 1)]),
    ("RECEIVED", [("no_disposition", 1)]),
    ("RECEIVED PASSED HOLD credit", [("money_owed", 1), ("no_disposition", 1)]),
    ("RECEIVED PASSED RESTOCK processing", [("money_owed", 1)]),
    ("LOST credit", [("money_owed", 1)]),
    ("LOST", []),
    ("SHORT_CLOSED", []),
    ("REFUSED", []),
    ("RECEIVED SHIP_BACK denied", []),
    ("RECEIVED PASSED RESTOCK settled", []),
]


@pytest.mark.parametrize(("place", "points"), OPEN_POINTS, ids=[place for place, _ in OPEN_POINTS])
def test_what_is_left_to_do_is_named(place: str, points: list[tuple[str, int]]) -> None:
    found = open_points(returned(place))

    assert sorted((point.code, point.quantity) for point in found) == points


def test_units_of_a_line_are_counted_together_and_lines_apart() -> None:
    ret = returned("AWAITING", "IN_TRANSIT", "RECEIVED")
    other = replace(ret.lines[0], line_no="2", groups=(group_of(unit("AWAITING"), 1),))

    found = open_points(replace(ret, lines=(*ret.lines, other)))

    assert [(point.line_no, point.code, point.quantity) for point in found] == [
        ("1", "goods_expected", 2),
        ("1", "no_disposition", 1),
        ("2", "goods_expected", 1),
    ]


def test_an_open_exception_keeps_the_return_open() -> None:
    ret = replace(returned("RECEIVED PASSED RESTOCK settled"), open_exceptions=2)

    assert [(point.code, point.quantity) for point in open_points(ret)] == [("exception_open", 2)]

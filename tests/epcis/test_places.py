"""Which warehouse a place of EPCIS is: GLNs by what the stage states, other names as they are."""

import pytest

from chalicelib.epcis.places import BadPlaces, Places
from tests.contracts.test_barcodes import with_check

GLN = with_check("400638100001")
DOCK = with_check("400638100002")
OTHER = with_check("400638100003")
WRONG = GLN[:-1] + str((int(GLN[-1]) + 1) % 10)
PLACES = Places.of(f"WH1={GLN} WH1={DOCK} {OTHER}={OTHER}")


@pytest.mark.parametrize(
    ("uri", "warehouse"),
    [
        (f"https://id.gs1.org/414/{GLN}", "WH1"),
        (f"https://id.gs1.org/414/{DOCK}/254/left", "WH1"),
        ("urn:epc:id:sgln:4006381.00001.0", "WH1"),
        (f"https://merchant.example/places/{GLN}", "WH1"),
        (f"https://id.gs1.org/414/{OTHER}", OTHER),
        ("https://merchant.example/warehouses/WH-2", "WH-2"),
        (f"https://tuiku.dev/warehouses/{GLN}", GLN),
        (f"https://tuiku.dev/warehouses/{WRONG}", WRONG),
    ],
)
def test_a_gln_is_the_warehouse_that_has_it_and_other_names_are_their_own(
    uri: str, warehouse: str
) -> None:
    place = PLACES.at(uri)

    assert (place.warehouse, place.unknown_gln) == (warehouse, None)


@pytest.mark.parametrize(
    "uri", [f"https://id.gs1.org/414/{GLN}", "urn:epc:id:sgln:4006381.00001.0", f"urn:x:{GLN}"]
)
def test_a_gln_that_no_warehouse_has_is_no_warehouse(uri: str) -> None:
    place = Places.of("").at(uri)

    assert (place.warehouse, place.unknown_gln) == (None, GLN)


@pytest.mark.parametrize("where", ["https://merchant.example/places", "https://id.gs1.org/414"])
def test_a_gln_with_a_slip_in_it_is_no_warehouse_either(where: str) -> None:
    place = PLACES.at(f"{where}/{WRONG}")

    assert (place.warehouse, place.unknown_gln) == (None, WRONG)


@pytest.mark.parametrize("warehouse", ["WH1", "WH 2", GLN, WRONG])
def test_a_warehouse_is_found_again_by_what_it_is_told_as(warehouse: str) -> None:
    assert PLACES.at(PLACES.uri_of(warehouse)).warehouse == warehouse


@pytest.mark.parametrize(
    "uri",
    [
        "urn:epc:id:sgln:40.1.0",
        "urn:epc:id:giai:4006381.1",
        "https://",
        "https://merchant.example",
        "https://merchant.example/?at=WH1",
    ],
)
def test_what_names_no_place_is_none(uri: str) -> None:
    place = PLACES.at(uri)

    assert (place.warehouse, place.unknown_gln) == (None, None)


def test_a_warehouse_is_told_by_the_first_of_its_glns() -> None:
    assert PLACES.uri_of("WH1") == f"https://id.gs1.org/414/{GLN}"
    assert PLACES.uri_of("WH 2") == "https://tuiku.dev/warehouses/WH%202"


@pytest.mark.parametrize(
    "stated",
    ["WH1", f"WH1={WRONG}", "WH1=123", f"={GLN}", f"W/1={GLN}", f"WH1={GLN} WH2={GLN}", "WH1=x"],
)
def test_a_list_that_cannot_be_gone_by_is_refused_and_says_where(stated: str) -> None:
    with pytest.raises(BadPlaces, match="WAREHOUSE_GLNS"):
        Places.of(stated)

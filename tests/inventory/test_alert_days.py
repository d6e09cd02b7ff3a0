"""After how many days goods are old: a setting, with own days for single warehouses."""

import pytest

from chalicelib.core.errors import Invalid
from chalicelib.inventory.alert_days import USUAL, days_by_warehouse
from chalicelib.inventory.model import Account


def test_what_is_not_stated_is_as_usual() -> None:
    days = days_by_warehouse("quarantine=7").of("A")

    assert days.lying[Account.QUARANTINE] == 7
    assert days.lying[Account.RECEIVING] == USUAL.lying[Account.RECEIVING]
    assert days_by_warehouse("").of("A") == USUAL


def test_a_warehouse_has_its_own_days_over_those_of_the_stage_in_any_order() -> None:
    days = days_by_warehouse("WH2/quarantine=21 WH2/expiring=60 quarantine=7 receiving=1")

    assert days.of("WH2").lying[Account.QUARANTINE] == 21
    assert (days.of("WH2").expiring, days.of("WH1").expiring) == (60, USUAL.expiring)
    assert days.of("WH2").lying[Account.RECEIVING] == 1
    assert days.of("WH1").lying[Account.QUARANTINE] == 7


@pytest.mark.parametrize(
    "text",
    [
        "quarantine",
        "quarantine=",
        "quarantine=-1",
        "quarantine=x",
        "available=3",
        "/repair=3",
        "shelf=3",
        "A/=3",
    ],
)
def test_what_is_no_number_of_days_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match="no limit like"):
        days_by_warehouse(text)

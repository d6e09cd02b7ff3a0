"""GTINs of different lengths that are one number."""

import pytest

from chalicelib.core.gtins import same_gtin


@pytest.mark.parametrize("written", ["036000291452", "0036000291452", "00036000291452"])
def test_a_gtin_is_the_same_however_many_digits_it_is_written_with(written: str) -> None:
    assert same_gtin("036000291452", written)


def test_other_or_unknown_goods_are_not_the_same() -> None:
    assert not same_gtin("036000291452", "036000291469")
    assert not same_gtin(None, None)
    assert not same_gtin("036000291452", None)

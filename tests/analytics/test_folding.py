"""What counts as what: every unit once, as it was decided last."""

import pytest

from chalicelib.analytics.folding import fold
from chalicelib.returns import sale_found
from chalicelib.returns.model import AppealAgainst
from chalicelib.returns.wishes import RequestedLine
from tests.builders import NOW, Shop, failed, item, line, order, passed, wish
from tests.returns.undoing import appeals, decides, reinspects


@pytest.mark.parametrize("is_appeal", [False, True], ids=["ordered", "appealed"])
def test_a_unit_that_is_inspected_again_counts_once_as_it_was_decided_last(
    shop: Shop, is_appeal: bool
) -> None:
    shop.sells(order(line(quantity=2, category="toys"), no="O-2"))
    ret = shop.approves(shop.asks("O-2", wish(2)))
    shop.receives(ret, item(quantity=2))
    shop.inspects(ret, passed(1), failed(1, accept_credit=False))
    if is_appeal:
        appeals(shop, ret, AppealAgainst.GRADE)
        decides(shop, ret, uphold=True)
    else:
        reinspects(shop, ret)
    shop.inspects(shop.now_is(ret), passed(1 if is_appeal else 2))

    rows = fold(shop.store.reads().events(ret.subject), NOW)

    [row] = [row for row in rows if row.dimension == "all"]
    assert (row.counts["inspected_units"], row.counts["accepted_units"]) == (2, 2)
    assert row.counts["denied_units"] == 0
    assert row.counts["inspected"] == 2, "two inspections were made"
    assert row.amounts["inspected"] == {"EUR": 2000}


def test_a_blind_return_counts_by_category_once_its_sale_is_known(shop: Shop) -> None:
    shop.sells(order(line(category="toys")))
    ret = shop.asks(None, RequestedLine(sku="SKU-1", quantity=1, reason="CHANGED_MIND"))
    found = sale_found.MatchLines(
        lines=(sale_found.MatchedLine(line_no="1", order_no="O-1", order_line_no="1"),)
    )
    shop.do(lambda reads, context: sale_found.match(reads, ret.return_id, found, context))

    rows = fold(shop.store.reads().events(ret.subject), NOW)

    [toys] = [r for r in rows if (r.dimension, r.group) == ("category", "toys")]
    assert (toys.counts, toys.amounts) == (
        {"matched": 1, "matched_units": 1},
        {"matched": {"EUR": 1000}},
    )

"""Records about money survive the store's text; orders kept before they had them are read still."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.core.events import Actor, Context
from chalicelib.core.runs import Run
from chalicelib.credits.changing import Issue, issued
from chalicelib.invoicing.drafting import drafts
from chalicelib.invoicing.model import NoteState
from chalicelib.invoicing.numbering import NumberSeries, numbered_of
from chalicelib.invoicing.of_settlement import link_of
from chalicelib.invoicing.red_letter import BlueUse, RedReason, needed
from chalicelib.invoicing.seller import Identity, Seller, SeriesRule
from chalicelib.ledger.posting import postings_for
from chalicelib.orders.given import GivenUnits
from chalicelib.orders.model import Order, TaxLine
from chalicelib.orders.promotions import BulkTier, Promotion, PromotionKind
from chalicelib.policy.giving import GiveBack, Giving, PromotionRule
from chalicelib.settlement.components import Breakdown, give_back
from chalicelib.settlement.giving import with_given
from chalicelib.store.codec import decode, encode
from tests.builders import NOW, eur, line, order
from tests.invoicing.notes import OCCASION
from tests.ledger.workload import journal, money

CONTEXT = Context(
    actor=Actor(id="fin-1", role="finance"), now=NOW, command_id="c-1", correlation_id="story"
)


def sold() -> Order:
    """An order with everything, of which something went back."""
    bulk = Promotion(
        promotion_id="5-for-3",
        kind=PromotionKind.BULK,
        line_nos=("1",),
        bulk=(
            BulkTier(from_quantity=1, unit_price=eur(500)),
            BulkTier(from_quantity=5, unit_price=eur(300)),
        ),
    )
    taxes = (TaxLine(name="VAT", rate="0.20", amount=eur(250)),)
    bought = line("1", quantity=5, price=300, taxes=taxes, invoice_no="INV-1")
    return order(bought, promotions=(bulk,), shipping=eur(500), standard_shipping=eur(400))


def broken_down() -> Breakdown:
    giving = Giving(promotions=PromotionRule.CLAW_BACK, shipping=GiveBack.SHARE)
    return give_back(sold(), [GivenUnits(line_no="1", units=(Run(1, 4),))], giving)


def records() -> list[object]:
    changed = issued(
        None,
        Issue(customer_id="c", amount=eur(5), expires_at=NOW + timedelta(days=1)),
        CONTEXT,
    )
    (note,), _ = drafts(sold(), broken_down(), OCCASION)
    identity = Identity(names={"en": "Acme"}, addresses={"zh-CN": ("上海", "浦东")}, tax_id="1")
    rule = SeriesRule(series="红", time_zone="Asia/Shanghai", region="CN")
    issued_note = replace(
        note,
        state=NoteState.ISSUED,
        series="红",
        year=2026,
        ordinal=4,
        number="红-2026-000004",
        issued_on=NOW.date(),
        seller=identity,
    )
    (posting,) = postings_for(journal(("compensation.awarded", {"award": money(5)})))
    red = needed(note, reason=RedReason.SALES_RETURN, blue_use=BlueUse.UNUSED, now=NOW)
    given = with_given(sold().given, broken_down())
    assert given.withheld, "the promotion is clawed back"
    return [
        changed.account,
        changed.entry,
        note,
        posting,
        red,
        NumberSeries(series="CN", year=2026, last=3, version=1),
        issued_note,
        numbered_of(issued_note),
        link_of(note),
        Seller(identity=identity, rules=(rule,), version=1),
        broken_down(),
        given,
        sold(),
    ]


@pytest.mark.parametrize("record", records(), ids=lambda record: type(record).__name__)
def test_a_record_is_read_as_it_was_written(record: object) -> None:
    assert decode(encode(record), type(record)) == record


def test_an_order_of_before_has_no_promotions_and_gave_nothing_back() -> None:
    kept = json.loads(encode(sold()))
    for name in ("promotions", "given", "standard_shipping", "shipping_tax_rate"):
        del kept[name]

    read = decode(json.dumps(kept), Order)

    assert (read.promotions, read.given.units, read.standard_shipping) == ((), (), None)

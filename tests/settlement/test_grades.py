"""A grade lowers the refund where policy says so: fixed by the inspection, told, never twice."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.invoicing.model import NoteLineKind
from chalicelib.orders.model import TaxLine
from chalicelib.returns.awards import all_lines, left_to_award
from chalicelib.returns.lifecycle import is_payable
from chalicelib.returns.model import FaultParty, Grade, Return, ReturnType
from chalicelib.returns.reinspecting import Reinspect, reinspect
from chalicelib.settlement.model import SettlementState
from chalicelib.store import keys
from tests.builders import NOW, Shop, eur, failed, item, line, order, passed, wish
from tests.fakes import FakeProvider, FakeStore
from tests.settlement.charged import POLICY, euro, paid, sells, settled, under

DEDUCTIONS = {"B": {"percent": "10"}, "C": {"percent": "40"}, "D": {"percent": "100"}}


def came(shop: Shop, quantity: int = 1, **more: Any) -> Return:
    ret = shop.approves(shop.asks(quantity=quantity, **more))
    return shop.receives(ret, item("SKU-1", quantity)).ret


def used(quantity: int = 1, grade: Grade = Grade.C, **more: Any) -> Any:
    fields: dict[str, Any] = {"fault": FaultParty.CUSTOMER} | more
    return passed(quantity, grade=grade, **fields)


@pytest.mark.parametrize(
    ("grade", "left"), [(Grade.A, 1000), (Grade.B, 900), (Grade.C, 600)], ids=str
)
def test_the_refund_is_lowered_by_what_policy_says_of_the_grade(
    shop: Shop, grade: Grade, left: int
) -> None:
    under(shop, grade_deductions=DEDUCTIONS)
    sells(shop)
    ret = came(shop)

    shop.inspects(ret, used(grade=grade))

    assert settled(shop, ret).amount == eur(left)


@pytest.mark.parametrize("fault", [one for one in FaultParty if one is not FaultParty.CUSTOMER])
def test_nothing_is_taken_off_where_the_customer_is_not_at_fault(
    shop: Shop, fault: FaultParty
) -> None:
    under(shop, grade_deductions=DEDUCTIONS)
    sells(shop)
    ret = came(shop)

    shop.inspects(ret, used(fault=fault))

    assert settled(shop, ret).amount == eur(1000)


def test_damaged_goods_that_are_credited_all_the_same_may_bring_nothing(shop: Shop) -> None:
    under(shop, grade_deductions=DEDUCTIONS)
    sells(shop)
    ret = came(shop)

    shop.inspects(ret, failed(grade=Grade.D, fault=FaultParty.CUSTOMER, accept_credit=True))

    done = settled(shop, ret)
    assert (done.amount, done.state) == (eur(0), SettlementState.SETTLED)


def test_a_deduction_is_shown_with_its_grade_and_units(shop: Shop) -> None:
    under(shop, grade_deductions=DEDUCTIONS)
    sells(shop)

    ret = shop.inspects(came(shop, 2), used(2))

    (one,) = ret.findings.deductions
    assert (one.line_no, one.parts, one.units[0].count) == ("1", 4_000, 2)
    (event,) = [e for e in shop.store.reads().events(ret.subject) if e.type == "return.inspected"]
    assert event.data["inspection_id"] == one.inspection_id


def test_a_restocking_fee_is_taken_of_what_the_grade_leaves(shop: Shop) -> None:
    under(shop, grade_deductions=DEDUCTIONS, fees={"restocking_percent": "10"})
    sells(shop)
    ret = came(shop)

    shop.inspects(ret, used())

    assert settled(shop, ret).amount == eur(540)


def test_of_a_declared_kind_of_withdrawal_only_diminished_value_is_taken(shop: Shop) -> None:
    under(shop, grade_deductions=DEDUCTIONS)
    sells(shop)
    ret = came(shop, 3)
    _is_stored_as(shop, replace(ret, type=ReturnType.WITHDRAWAL))

    opened = used(grade=Grade.B, defects=("PACKAGING_DAMAGED",))
    shop.inspects(ret, opened, used(), used(defects=("WORN",)))

    assert settled(shop, ret).amount == eur(3000 - 400)


def test_a_recall_is_refunded_in_full(shop: Shop) -> None:
    under(shop, grade_deductions=DEDUCTIONS)
    sells(shop)
    ret = came(shop)
    _is_stored_as(shop, replace(ret, type=ReturnType.RECALL))

    shop.inspects(ret, used(defects=("WORN",)))

    assert settled(shop, ret).amount == eur(1000)


def test_another_inspection_takes_the_place_of_what_the_first_one_fixed(shop: Shop) -> None:
    under(shop, grade_deductions=DEDUCTIONS)
    sells(shop)
    ret = came(shop, 2)
    shop.inspects(ret, used(2))

    command = Reinspect(reason="WRONG_GRADE")
    again = shop.do(lambda reads, context: reinspect(reads, ret.return_id, command, context))
    assert again.findings.deductions == ()
    shop.inspects(ret, used(1, grade=Grade.B), passed(1))

    assert settled(shop, ret).amount == eur(1900)


def test_what_was_paid_before_the_inspection_stays_paid(shop: Shop) -> None:
    under(shop, grade_deductions=DEDUCTIONS, refund_due="receipt")
    sells(shop)
    ret = came(shop)
    assert settled(shop, ret).amount == eur(1000)

    seen = shop.inspects(ret, used())

    assert seen.findings.deductions == ()


def test_an_amount_is_taken_of_each_unit(shop: Shop) -> None:
    under(shop, grade_deductions={"C": {"amount": euro("2.50")}})
    sells(shop)
    ret = came(shop, 2)

    shop.inspects(ret, used(2))

    assert settled(shop, ret).amount == eur(1500)


def test_the_quote_says_what_depends_on_the_inspection(shop: Shop) -> None:
    under(shop, grade_deductions=DEDUCTIONS)
    sells(shop)

    (quoted,) = shop.quotes("O-1", wish(2)).lines

    stated = quoted.decision.grade_deductions
    assert stated is not None
    rule = stated.of("C")
    assert rule is not None
    assert quoted.refund == eur(2000)
    assert quoted.deducted_at(rule) == eur(800)


def test_an_appeal_may_give_a_deduction_back(shop: Shop) -> None:
    under(shop, grade_deductions=DEDUCTIONS)
    sells(shop)
    ret = came(shop)
    shop.inspects(ret, used())
    settled(shop, ret)

    after = shop.now_is(ret)
    assert left_to_award(after, shop.sold(), all_lines(after)) == eur(400)


def test_a_credit_note_says_what_was_deducted_at_the_rate_of_the_goods(shop: Shop) -> None:
    under(shop, grade_deductions=DEDUCTIONS)
    tax = TaxLine(name="VAT", rate="0.25", amount=eur(200))
    sells(shop, line(taxes=(tax,), invoice_no="INV-1"))
    ret = came(shop)
    shop.inspects(ret, used())
    settled(shop, ret)

    (note,) = shop.store.reads().notes_of_return("O-1", ret.return_id)

    (fee,) = [one for one in note.lines if one.kind is NoteLineKind.FEE]
    assert (fee.code, fee.net, fee.tax) == ("grade", eur(320), eur(80))
    assert [one.rate for one in fee.taxes] == ["0.25"]
    assert note.total == eur(600)


PARTS = st.integers(min_value=0, max_value=10_000)


@settings(max_examples=120)
@given(st.data())
def test_partial_inspections_and_refunds_come_to_one_of_everything(data: st.DataObject) -> None:
    quantity = data.draw(st.integers(1, 7), label="units")
    price = data.draw(st.integers(1, 1999), label="price")
    discount = data.draw(st.integers(0, price * quantity // 2), label="discount")
    percents = sorted(data.draw(st.lists(PARTS, min_size=2, max_size=2), label="percents"))
    grades = [
        data.draw(st.sampled_from([Grade.A, Grade.B, Grade.C]), label="grade")
        for _ in range(quantity)
    ]
    stated = {
        name: {"percent": f"{parts / 100:.2f}"}
        for name, parts in zip(("B", "C"), percents, strict=True)
    }

    def shop_with_goods() -> tuple[Shop, Return]:
        shop = Shop(FakeStore(clock=lambda: NOW))
        shop.providers["sandbox"] = FakeProvider(name="sandbox")
        under(shop, grade_deductions=stated, fees={"restocking_percent": "12.5"})
        sold = order(line(quantity=quantity, price=price), discount=discount, policy_version=POLICY)
        shop.sells(sold)
        return shop, came(shop, quantity)

    shop, ret = shop_with_goods()
    shop.inspects(ret, *(used(1, grade=grade) for grade in grades))
    whole = settled(shop, ret)

    shop, ret = shop_with_goods()
    for grade in grades:
        shop.inspects(ret, used(1, grade=grade))
        if data.draw(st.booleans(), label="pay now"):
            settled(shop, ret)
    if any(is_payable(group) for group in shop.now_is(ret).groups()):
        settled(shop, ret)
    parts = shop.now_is(ret)

    assert paid(parts) == whole.amount
    assert eur(0) <= whole.amount <= parts.lines[0].paid.total
    assert all(one.amount >= eur(0) for one in parts.settlements)


def _is_stored_as(shop: Shop, ret: Return) -> None:
    assert isinstance(shop.store, FakeStore)
    shop.store.records[keys.key_of(ret)] = ret

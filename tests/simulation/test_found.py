"""What the simulation found, each as the shortest way to it: these stay found."""

from tests.simulation.driver import replay
from tests.simulation.steps import AS_CREDIT, TO_REPAIR, Step
from tests.simulation.terms import PLAIN


def _sale(*lines: tuple[str, int], terms: str = PLAIN) -> Step:
    """A sale of so many units of each SKU, all delivered, paid by one card."""
    sold = [(sku, quantity, quantity, 1000, 0) for sku, quantity in lines]
    whole = sum(1000 * quantity for _, quantity in lines)
    payments = [("card", "sandbox", whole), ("other", "manual", 0)]
    given = {"lines": sold, "discount": 0, "payments": payments, "spare": [("CUP", 3)]}
    given["terms"] = terms
    return Step("sale", "sell", given=given)


def _ask(
    step_id: str, *wishes: tuple[str, int, str], submit: bool = True, wanted: str | None = None
) -> Step:
    """`wanted`: goods that all of it is to be exchanged for."""
    named = [(*wish, wanted) for wish in wishes]
    return Step(step_id, "ask", given={"order": "sale", "wishes": named, "submit": submit})


def _arrives(step_id: str, target: str, sku: str, quantity: int) -> Step:
    given = {"warehouse": "W1", "items": [(sku, quantity)]}
    return Step(step_id, "receive", target, given=given)


def _into(step_id: str, stray: str, into: str, who: str = "ann") -> Step:
    return Step(step_id, "resolve", stray, given={"way": "line", "into": into}, who=who)


def _disputed(step_id: str, state: str, amount: int, payment: str = "card") -> Step:
    given = {"payment": payment, "dispute": "one", "amount": amount, "state": state}
    return Step(step_id, "dispute", "sale", given=given)


def test_an_approval_that_decides_nothing_is_refused_and_writes_nothing() -> None:
    replay(
        _sale(("TEA", 1), ("CUP", 1)),
        _ask("ret", ("1", 1, "CHANGED_MIND"), ("2", 1, "CHANGED_MIND")),
        Step("one", "approve", "ret", given={"lines": {"1": 1}}),
        Step("none", "approve", "ret", given={"lines": {"1": 0}}),
    )


def test_a_draft_that_was_taken_back_names_no_units_for_goods_to_become() -> None:
    replay(
        _sale(("TEA", 4)),
        _ask("draft", ("1", 1, "CHANGED_MIND"), ("1", 3, "SIZE_TOO_SMALL"), submit=False),
        Step("back", "cancel", "draft"),
        _ask("ret", ("1", 1, "CHANGED_MIND")),
        Step("yes", "approve", "ret"),
        _arrives("in", "ret", "TEA", 2),
        _into("taken", "in/0", "draft"),
    )


def test_a_rejected_request_that_expired_as_a_draft_does_not_stand_again() -> None:
    two = [("1", 1, "CHANGED_MIND", None), ("1", 1, "SIZE_TOO_SMALL", None)]
    replay(
        _sale(("TEA", 2)),
        _ask("ret", ("1", 1, "SIZE_TOO_SMALL")),
        Step("no", "reject", "ret"),
        Step("changed", "edit", "ret", given={"wishes": two}),
        Step("late", "expire", "ret", given={"kind": "draft"}),
        Step("again", "reopen", "ret"),
    )


def test_a_lost_unit_that_came_before_anybody_expected_it_is_decided_about_anew() -> None:
    replay(
        _sale(("TEA", 2)),
        _ask("ret", ("1", 1, "CHANGED_MIND")),
        Step("seen", "scan", "ret", given={"warehouse": "W1", "items": [("TEA", 1)]}),
        Step("yes", "approve", "ret"),
        Step("gone", "mark-lost", "ret", given={"credit": True}),
        _into("taken", "seen/0", "ret"),
    )


def test_a_unit_that_one_line_was_refused_and_another_asked_for_is_taken_in_once() -> None:
    replay(
        _sale(("TEA", 3)),
        _ask("ret", ("1", 1, "SIZE_TOO_SMALL"), ("1", 1, "CHANGED_MIND")),
        Step("which", "request-info", "ret"),
        Step("no", "approve", "ret", given={"lines": {"1": 0}}),
        Step("this", "submit", "ret"),
        Step("yes", "approve", "ret"),
        _arrives("in", "ret", "TEA", 2),
        _into("taken", "in/0", "ret"),
    )


def test_a_parcel_that_comes_back_does_not_end_the_time_for_an_answer() -> None:
    replay(
        _sale(("TEA", 3), ("CUP", 3)),
        _ask("ret", ("1", 2, "SIZE_TOO_SMALL"), ("2", 2, "CHANGED_MIND")),
        Step("one", "approve", "ret", given={"lines": {"2": 1}}),
        Step("which", "request-info", "ret"),
        Step("sent", "ship", "ret", given={"lines": {"2": 1}}),
        Step("back", "news", "sent", given={"status": "returned_to_sender"}),
    )


def test_goods_that_come_although_others_are_expected_for_them_get_a_line_of_their_own() -> None:
    replay(
        _sale(("POT", 5)),
        _ask("ret", ("1", 2, "SIZE_TOO_SMALL"), wanted="CUP"),
        Step("yes", "approve", "ret"),
        Step("out", "ship-swap", "yes:1"),
        Step("kept", "unexchange", "yes:1"),
        _arrives("in", "ret", "POT", 1),
        _into("taken", "in/0", "ret"),
    )


def test_units_that_ended_keep_what_was_decided_about_them_while_others_are_asked_for_anew() -> (
    None
):
    """Else they would come back without its fees, and not be kept by the customer."""
    replay(
        _sale(("CUP", 4), ("TEA", 1), terms="kept"),
        _ask("ret", ("1", 4, "SIZE_TOO_SMALL")),
        Step("over", "cancel", "ret"),
        Step("again", "reopen", "ret", given={"lines": {"1": 2}}),
        Step("no", "approve", "ret", given={"lines": {"1": 0}}),
        Step("other", "edit", "ret", given={"wishes": [("2", 1, "CHANGED_MIND", None)]}),
        Step("asked", "submit", "ret"),
        Step("once more", "reopen", "ret", given={"lines": {"1": 2}}),
        Step("yes", "approve", "ret", given={"lines": {"1": 2}}),
    )


def test_a_replacement_that_is_expected_instead_is_under_the_terms_of_what_was_sold() -> None:
    replay(
        _sale(("TEA", 3), terms="on-receipt"),
        _ask("ret", ("1", 3, "CHANGED_MIND"), wanted="CUP"),
        Step("yes", "approve", "ret"),
        Step("out", "ship-swap", "yes:1"),
        _arrives("in", "ret", "TEA", 1),
        Step("kept", "unexchange", "yes:1"),
        _arrives("back", "ret", "CUP", 2),
        Step("paid", "settle", "ret", given={"outcomes": {}}),
    )


def test_what_the_customer_keeps_is_not_waited_for_to_be_repaired() -> None:
    """Else other goods would be promised for it."""
    replay(
        _sale(("TEA", 2)),
        _ask("ret", ("1", 2, "OTHER"), wanted=TO_REPAIR),
        Step("yes", "approve", "ret"),
        Step("given up", "short-close", "ret", given={"lines": {"1": 1}}),
        Step("hopeless", "not-repairable", "ret", given={"line": "1", "wanted": "CUP"}),
        Step("over", "short-close", "ret"),
    )


def test_what_was_repaired_and_comes_once_more_is_owed_anew() -> None:
    replay(
        _sale(("TEA", 1)),
        _ask("ret", ("1", 1, "OTHER"), wanted=TO_REPAIR),
        Step("yes", "approve", "ret"),
        _arrives("in", "ret", "TEA", 1),
        Step("see", "inspect", "ret", given={"groups": [("1", 1, "C", "PASSED", True)]}),
        Step("up", "dispose", "ret", given={"items": [("1", 1, "REPAIR", "UNDECIDED")]}),
        Step("back", "repair", "ret", given={"lines": {"1": 1}}),
        Step("again", "scan", "ret", given={"warehouse": "W1", "items": [("TEA", 1)]}),
        _into("taken", "again/0", "ret"),
    )


def test_nothing_is_sent_to_a_payment_while_a_part_of_it_is_disputed() -> None:
    replay(
        _sale(("TEA", 2), terms="on-approval"),
        _ask("ret", ("1", 1, "CHANGED_MIND")),
        Step("yes", "approve", "ret"),
        _disputed("doubted", "OPEN", 1),
        Step("paid", "settle", "ret", given={"outcomes": {}}),
        _disputed("ours", "WON", 1),
        Step("now", "retry", "paid", given={"of": "ret", "outcomes": {}}),
    )


def test_what_was_out_once_is_not_undone_however_it_was_sent_again() -> None:
    """Its credit note has a number by then."""
    replay(
        _sale(("TEA", 1), terms="on-approval"),
        _ask("ret", ("1", 1, "CHANGED_MIND")),
        Step("yes", "approve", "ret"),
        Step("paid", "settle", "ret", given={"outcomes": {}}),
        Step("came back", "tell", "paid", given={"of": "ret", "leg": 0, "fails": True}),
        Step("hand", "pay-otherwise", "paid", given={"of": "ret", "payment": "card"}),
        Step("undone", "reverse", "paid", given={"of": "ret"}),
    )


def _half_with_credit(ret: str) -> tuple[Step, ...]:
    """Half of what was paid by card is given as credit; what was paid by credit is disputed."""
    payments = [("card", "sandbox", 500), ("gift", "store_credit", 700)]
    given = {"lines": [("TEA", 1, 1, 1200, 0)], "discount": 0, "payments": payments, "spare": []}
    return (
        Step("sale", "sell", given={**given, "terms": "on-approval"}),
        _ask(ret, ("1", 1, "CHANGED_MIND"), wanted=AS_CREDIT),
        Step("yes", "approve", ret),
        _disputed("doubted", "OPEN", 700, "gift"),
        Step("paid", "settle", ret, given={"outcomes": {}}),
    )


def test_of_two_credits_of_one_refund_the_one_that_stands_for_money_is_withdrawn() -> None:
    replay(
        *_half_with_credit("ret"),
        _disputed("ours", "WON", 700, "gift"),
        Step("rest", "retry", "paid", given={"of": "ret", "outcomes": {}}),
        Step("money", "withdraw-credit", "paid", given={"of": "ret"}),
    )


def test_what_a_bank_gave_of_a_payment_by_credit_is_no_credit() -> None:
    replay(
        *_half_with_credit("ret"),
        _disputed("theirs", "LOST", 700, "gift"),
        Step("money", "withdraw-credit", "paid", given={"of": "ret"}),
        Step("sent", "retry", "paid", given={"of": "ret", "outcomes": {}}),
    )


def test_a_refund_that_is_undone_is_owed_only_where_its_goods_are() -> None:
    """The carrier brought them back meanwhile, so nothing is payable before they are sent again."""
    replay(
        _sale(("TEA", 1), terms="on-scan"),
        _ask("ret", ("1", 1, "CHANGED_MIND")),
        Step("yes", "approve", "ret"),
        Step("sent", "ship", "ret"),
        Step("seen", "news", "sent", given={"status": "in_transit"}),
        Step("paid", "settle", "ret", given={"outcomes": {"card": "declined"}}),
        Step("brought", "news", "sent", given={"status": "returned_to_sender"}),
        Step("undone", "reverse", "paid", given={"of": "ret"}),
    )


def test_a_replacement_that_comes_back_is_owed_from_where_it_is() -> None:
    replay(
        _sale(("TEA", 1), terms="on-scan"),
        _ask("ret", ("1", 1, "CHANGED_MIND"), wanted="CUP"),
        Step("yes", "approve", "ret"),
        Step("sent", "ship", "ret"),
        Step("out", "ship-swap", "yes:1"),
        Step("seen", "news", "sent", given={"status": "in_transit"}),
        Step("kept", "unexchange", "yes:1"),
    )


def _cheaper(quantity: int) -> tuple[Step, ...]:
    """Replacements for a tenth left, and the rest of the money went back."""
    return (
        _sale(("TEA", quantity), terms="on-approval"),
        _ask("ret", ("1", quantity, "CHANGED_MIND"), wanted="CUP@100"),
        Step("yes", "approve", "ret"),
        Step("out", "ship-swap", "yes:1"),
        Step("paid", "settle", "ret", given={"outcomes": {}}),
    )


def test_a_replacement_is_expected_instead_once() -> None:
    """Else what was paid for its unit would be paid back again and again."""
    replay(
        *_cheaper(1),
        Step("kept", "unexchange", "yes:1"),
        Step("rest", "settle", "ret", given={"outcomes": {}}),
        Step("again", "unexchange", "yes:1"),
    )


def test_a_difference_that_came_back_is_not_that_of_units_which_the_customer_keeps() -> None:
    replay(
        *_cheaper(2),
        Step("kept", "unexchange", "yes:1", given={"quantity": 1}),
        Step("failed", "tell", "paid", given={"of": "ret", "leg": 0, "fails": True}),
        Step("too", "unexchange", "yes:1"),
        Step("rest", "settle", "ret", given={"outcomes": {}}),
        Step("anew", "retry", "paid", given={"of": "ret", "outcomes": {}}),
    )


def test_a_difference_that_came_back_leaves_a_unit_payable_that_the_customer_keeps() -> None:
    replay(
        *_cheaper(1),
        Step("kept", "unexchange", "yes:1"),
        Step("failed", "tell", "paid", given={"of": "ret", "leg": 0, "fails": True}),
        Step("rest", "settle", "ret", given={"outcomes": {}}),
    )

"""A claim holds units without goods coming back; its decision frees or consumes them."""

from typing import Any

import pytest

from chalicelib.claims import deciding
from chalicelib.claims.model import ClaimReason, ClaimState, Denial, Remedy
from chalicelib.core.errors import Conflict, Invalid, NotFound, Stale
from chalicelib.core.events import chain_fault
from chalicelib.core.runs import Run
from chalicelib.orders.model import DeliveredItem, HolderKind, KitComponent
from chalicelib.returns.model import LinkedDocument
from chalicelib.tasks.model import TaskKind, TaskState, task_id_for
from tests.builders import NOW, Shop, delivery, line, order
from tests.children import claim_now, claims, denies, grants, resolves, withdraws
from tests.fakes import FakeStore


@pytest.fixture
def shop(shop: Shop) -> Shop:
    shop.sells(order(line(quantity=3)))
    return shop


def review_of(shop: Shop, claim_id: str) -> TaskState:
    task = shop.store.reads().task(task_id_for(TaskKind.REVIEW, f"claim/{claim_id}", "1"))
    assert task is not None, "a claim opens a review"
    return task.state


def test_opening_holds_the_units_and_asks_for_a_decision(shop: Shop) -> None:
    claim = claims(shop, 2)

    assert (claim.state, claim.units, claim.customer_id) == (
        ClaimState.OPEN,
        (Run(1, 2),),
        "cus-1",
    )
    assert shop.returnable() == 1
    (held,) = shop.sold().lines[0].reservations
    assert (held.holder_id, held.kind) == (claim.claim_id, HolderKind.CLAIM)
    assert review_of(shop, claim.claim_id) is TaskState.OPEN


def test_an_approved_claim_is_resolved_and_its_units_are_consumed(shop: Shop) -> None:
    claim = claims(shop, 1)

    granted = grants(shop, claim)
    resolved = resolves(shop, granted, Remedy.BOTH)

    assert (granted.state, granted.decided_by) == (ClaimState.APPROVED, "someone")
    assert (resolved.state, resolved.outcome) == (ClaimState.RESOLVED, Remedy.BOTH)
    assert review_of(shop, claim.claim_id) is TaskState.DONE
    assert shop.returnable() == 2


@pytest.mark.parametrize("end", [denies, withdraws], ids=["denied", "cancelled"])
def test_a_claim_that_is_denied_or_cancelled_frees_its_units(shop: Shop, end: Any) -> None:
    claim = claims(shop, 3)
    assert shop.returnable() == 0

    end(shop, claim)

    assert shop.returnable() == 3
    assert review_of(shop, claim.claim_id) is TaskState.DONE


def test_an_approved_claim_may_still_be_taken_back(shop: Shop) -> None:
    withdraws(shop, grants(shop, claims(shop, 3)))

    assert shop.returnable() == 3


COMMANDS: dict[str, Any] = {
    "approve": grants,
    "deny": denies,
    "resolve": resolves,
    "cancel": withdraws,
}
BEFORE: dict[ClaimState, tuple[str, ...]] = {
    ClaimState.OPEN: (),
    ClaimState.APPROVED: ("approve",),
    ClaimState.RESOLVED: ("approve", "resolve"),
    ClaimState.DENIED: ("deny",),
    ClaimState.CANCELLED: ("cancel",),
}


@pytest.mark.parametrize("command", list(COMMANDS))
@pytest.mark.parametrize("state", list(ClaimState))
def test_each_state_admits_its_commands_and_no_others(
    shop: Shop, state: ClaimState, command: str
) -> None:
    claim = claims(shop)
    for before in BEFORE[state]:
        claim = COMMANDS[before](shop, claim)

    if command in deciding.ALLOWED[state]:
        assert COMMANDS[command](shop, claim).version == claim.version + 1
        return
    with pytest.raises(Conflict, match="claim_not_open") as refused:
        COMMANDS[command](shop, claim)
    assert refused.value.details == {
        "state": state.value,
        "allowed": list(deciding.ALLOWED[state]),
    }
    assert claim_now(shop, claim).state is state


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"quantity": 0}, "not_positive"),
        ({"reason": ClaimReason.OTHER}, "note_required"),
        ({"serials": ("a", "b")}, "serial_count"),
    ],
    ids=["no units", "other without a note", "more serials than units"],
)
def test_a_claim_that_says_nothing_is_refused(shop: Shop, asked: dict[str, Any], code: str) -> None:
    with pytest.raises(Invalid, match=code):
        claims(shop, **asked)


def test_a_denial_for_another_reason_says_which(shop: Shop) -> None:
    claim = claims(shop)

    with pytest.raises(Invalid, match="note_required"):
        denies(shop, claim, Denial.OTHER)


def test_what_nobody_sold_or_shipped_cannot_be_claimed(shop: Shop) -> None:
    shop.registers(order(line(), no="O-2", deliveries=()))

    with pytest.raises(NotFound, match="order_not_found"):
        claims(shop, order_no="O-9")
    with pytest.raises(NotFound, match="order_line_not_found"):
        claims(shop, line_no="9")
    with pytest.raises(Conflict, match="not_returnable_quantity"):
        claims(shop, order_no="O-2")


def test_a_kit_is_claimed_by_its_parts(shop: Shop) -> None:
    parts = (KitComponent(sku="CUP", quantity=2, share="1"),)
    shop.sells(order(line(kit=parts), no="O-2"))

    with pytest.raises(Conflict, match="claim_names_a_kit") as refused:
        claims(shop, order_no="O-2")

    assert refused.value.details["parts"] == ["1.1"]
    assert claims(shop, 2, "1.1", order_no="O-2").sku == "CUP"


def test_the_unit_with_the_serial_number_is_claimed(shop: Shop) -> None:
    shipped = delivery(DeliveredItem(line_no="1", quantity=2, serials=("S-1", "S-2")))
    shop.sells(order(line(quantity=2), no="O-2", deliveries=(shipped,)))

    claim = claims(shop, order_no="O-2", serials=("S-2",))

    assert claim.units == (Run(2, 1),)


def test_an_older_version_is_stale_and_a_stranger_is_not_found(shop: Shop) -> None:
    claim = grants(shop, claims(shop))

    with pytest.raises(Stale, match="stale_version"):
        shop.do(
            lambda reads, context: deciding.cancel(reads, claim.claim_id, context),
            shop.context(version=1),
        )
    with pytest.raises(NotFound, match="claim_not_found"):
        shop.do(lambda reads, context: deciding.cancel(reads, "clm_nobody", context))


def test_two_who_claim_the_last_unit_at_once_do_not_both_get_it() -> None:
    store = FakeStore(clock=lambda: NOW)
    shop = Shop(store)
    shop.sells(order(line()))
    store.meanwhile(lambda: claims(shop))

    with pytest.raises(Conflict, match="not_returnable_quantity"):
        claims(shop)


def test_the_claims_of_an_order_are_found_whatever_became_of_them(shop: Shop) -> None:
    first, second = claims(shop), claims(shop)
    denies(shop, first)

    found = shop.store.reads().claims_of("O-1")

    assert [(claim.claim_id, claim.state) for claim in found] == [
        (first.claim_id, ClaimState.DENIED),
        (second.claim_id, ClaimState.OPEN),
    ]


def test_events_are_chained_and_say_nothing_that_people_wrote(shop: Shop) -> None:
    claim = claims(
        shop,
        note="Ada says it rattles",
        photos=("pho_1",),
        documents=(LinkedDocument(kind="invoice", ref="Ada-1"),),
    )
    grants(shop, claim)

    events = shop.store.reads().events(claim.subject)

    assert [event.type for event in events] == ["claim.opened", "claim.approved"]
    assert chain_fault(events) is None
    assert "Ada" not in repr(events)

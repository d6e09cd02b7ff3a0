"""Returns in every state, each led there by the use cases."""

from dataclasses import replace

from chalicelib.returns.model import (
    AppealAgainst,
    DeadlineKind,
    Disposition,
    Resolution,
    Return,
)
from chalicelib.shipping.tracking import CarrierStatus
from tests.builders import Shop, failed, goes, item, line, order, passed, payment, restock, wish
from tests.fakes import FakeProvider
from tests.returns.acts import arrives, loses, refuses, ships, short_closes, tells
from tests.returns.mending import in_repair
from tests.returns.undoing import appeals, reinspects, reopens, ships_back, surplus, withdraws
from tests.settlement.refunding import above_limit


def sells(shop: Shop) -> Shop:
    """A shop that sold 4 and 2 units, which all states are about."""
    shop.sells(order(line("1", quantity=4), line("2", quantity=2)))
    return shop


def draft(shop: Shop) -> Return:
    return shop.asks(quantity=2, submit=False)


def under_review(shop: Shop) -> Return:
    return shop.asks(quantity=2)


def needs_info(shop: Shop) -> Return:
    return shop.asks_customer(under_review(shop))


def rejected(shop: Shop) -> Return:
    return shop.rejects(under_review(shop))


def cancelled(shop: Shop) -> Return:
    return shop.cancels(under_review(shop))


def cancelled_draft(shop: Shop) -> Return:
    return shop.cancels(draft(shop))


def never_answered(shop: Shop) -> Return:
    return shop.expires(needs_info(shop), DeadlineKind.ANSWER)


def never_sent(shop: Shop) -> Return:
    return shop.expires(approved(shop), DeadlineKind.SHIP)


def approved(shop: Shop) -> Return:
    return shop.approves(under_review(shop))


def partly_approved(shop: Shop) -> Return:
    return shop.approves(under_review(shop), line_1=1)


def partly_cancelled(shop: Shop) -> Return:
    return shop.cancels(approved(shop), line_1=1)


def half_reviewed(shop: Shop) -> Return:
    ret = shop.asks("O-1", wish(2, "1"), wish(1, "2"))
    return shop.approves(ret, line_1=2)


def half_asked_about(shop: Shop) -> Return:
    return shop.asks_customer(half_reviewed(shop))


def in_transit(shop: Shop) -> Return:
    return ships(shop, approved(shop))


def partly_sent(shop: Shop) -> Return:
    return ships(shop, approved(shop), 1)


def arrived(shop: Shop) -> Return:
    return arrives(shop, in_transit(shop))


def returned_to_sender(shop: Shop) -> Return:
    return tells(shop, in_transit(shop), CarrierStatus.RETURNED_TO_SENDER)


def partly_received(shop: Shop) -> Return:
    return shop.receives(approved(shop), item()).ret


def received(shop: Shop) -> Return:
    return shop.receives(approved(shop), item(quantity=2)).ret


def lost(shop: Shop) -> Return:
    return loses(shop, approved(shop), is_paid=False)


def lost_and_owed(shop: Shop) -> Return:
    return loses(shop, approved(shop))


def lost_and_paid(shop: Shop) -> Return:
    return paid(shop, lost_and_owed(shop))


def short_closed(shop: Shop) -> Return:
    return short_closes(shop, approved(shop))


def refused(shop: Shop) -> Return:
    return refuses(shop, approved(shop))


def partly_inspected(shop: Shop) -> Return:
    return shop.inspects(received(shop), passed(1))


def inspected(shop: Shop) -> Return:
    return shop.inspects(received(shop), passed(2))


def refused_units(shop: Shop) -> Return:
    return shop.inspects(received(shop), failed(2))


def to_be_seen_again(shop: Shop) -> Return:
    return reinspects(shop, inspected(shop))


def on_hold(shop: Shop) -> Return:
    return shop.disposes(inspected(shop), goes(Disposition.HOLD, 2))


def dispositioned(shop: Shop) -> Return:
    return shop.disposes(inspected(shop), restock(2))


def gone(shop: Shop) -> Return:
    return shop.disposes(inspected(shop), goes(Disposition.RTV, 2))


def scrapped_unpaid(shop: Shop) -> Return:
    return shop.disposes(refused_units(shop), goes(Disposition.SCRAP, 2))


def sent_back_unseen(shop: Shop) -> Return:
    return ships_back(shop, received(shop), 2)


def kept_with_us(shop: Shop) -> Return:
    """Denied and put to repair: closed, and the customer may object."""
    return shop.disposes(refused_units(shop), goes(Disposition.REPAIR, 2))


def repairing(shop: Shop) -> Return:
    """Accepted, to be repaired, and in repair."""
    return in_repair(shop)


def unanswered(shop: Shop) -> Return:
    return paid(shop, dispositioned(shop), "silent")


def declined(shop: Shop) -> Return:
    return paid(shop, dispositioned(shop), "declined")


def awaiting_proof(shop: Shop) -> Return:
    sold = shop.sold()
    by_bank = replace(sold, payments=(payment("bank", 10000, provider="manual"),))
    shop.registers(by_bank)
    return paid(shop, dispositioned(shop))


def held(shop: Shop) -> Return:
    """Above the limit from which on a second person has to agree."""
    return paid(shop, above_limit(shop, dispositioned(shop)))


def partly_paid(shop: Shop) -> Return:
    """The first unit's card took its part back, the second declined."""
    both = (payment("card", 1000), payment("other", 5000))
    shop.registers(replace(shop.sold(), payments=both))
    _script(shop, "other", "declined")
    return paid(shop, dispositioned(shop))


def completed(shop: Shop) -> Return:
    return paid(shop, dispositioned(shop))


def credited(shop: Shop) -> Return:
    """Two units that were given as store credit."""
    ret = shop.approves(shop.asks("O-1", wish(2, resolution=Resolution.STORE_CREDIT)))
    shop.receives(ret, item(quantity=2))
    shop.inspects(ret, passed(2))
    return paid(shop, shop.disposes(ret, restock(2)))


def reopened(shop: Shop) -> Return:
    return reopens(shop, completed(shop))


def surplus_open(shop: Shop) -> Return:
    ret = completed(shop)
    surplus(shop, ret)
    return shop.now_is(ret)


def rejection_appealed(shop: Shop) -> Return:
    return appeals(shop, rejected(shop), AppealAgainst.REJECTION)


def grade_appealed(shop: Shop) -> Return:
    return appeals(shop, kept_with_us(shop), AppealAgainst.GRADE)


def amount_appealed(shop: Shop) -> Return:
    return appeals(shop, completed(shop), AppealAgainst.AMOUNT)


def appeal_withdrawn(shop: Shop) -> Return:
    return withdraws(shop, rejection_appealed(shop))


def paid(shop: Shop, ret: Return, *outcomes: str) -> Return:
    _script(shop, "card", *outcomes)
    shop.settles(ret)
    return shop.now_is(ret)


def _script(shop: Shop, payment_id: str, *outcomes: str) -> None:
    provider = shop.providers["sandbox"]
    assert isinstance(provider, FakeProvider)
    provider.script[payment_id] = list(outcomes)

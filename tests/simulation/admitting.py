"""What a return admits now, by the words of the domain."""

from collections.abc import Callable

from tests.simulation.model import Request
from tests.simulation.units import PENDING, SEEN, Unit

Fits = Callable[[Unit], bool]
GONE = ("RTV", "SCRAP", "DONATE")
WITH_US = ("UNDECIDED", "HOLD", "RESTOCK", "REPACK", "REPAIR", "REFURBISH")
"""Dispositions after which the goods are still in the house."""


def is_lost(unit: Unit) -> bool:
    return unit.is_approved and unit.logistics == "LOST"


def may_arrive(unit: Unit) -> bool:
    """Goods may come that are on their way, or that were given up as lost."""
    return unit.is_expected or is_lost(unit)


def may_be_cancelled(unit: Unit) -> bool:
    """Before anybody decided, or approved and not yet under way nor given anything for."""
    undecided = unit.authorization == "DRAFT" or unit.authorization in PENDING
    return undecided or (is_to_be_sent(unit) and is_unpaid(unit))


def may_expire(unit: Unit) -> bool:
    is_open = unit.authorization in ("DRAFT", "NEEDS_INFO")
    return is_open or (is_to_be_sent(unit) and is_unpaid(unit))


def may_be_given_up(unit: Unit) -> bool:
    """Still to come, and nothing was given for it."""
    return unit.is_expected and is_unpaid(unit)


def is_unpaid(unit: Unit) -> bool:
    return unit.settlement == "NONE"


def is_to_be_sent(unit: Unit) -> bool:
    return unit.is_approved and unit.logistics == "AWAITING"


def is_uninspected(unit: Unit) -> bool:
    waits = unit.inspection in ("PENDING", "NEEDS_REINSPECTION")
    return unit.is_here and waits and unit.disposition == "UNDECIDED"


def may_be_seen_again(unit: Unit) -> bool:
    """Inspected, unpaid, and not gone out of the house."""
    is_seen = unit.is_here and unit.inspection in SEEN and unit.settlement == "NONE"
    return is_seen and unit.disposition in WITH_US and unit.held_by is None


def is_gone(unit: Unit) -> bool:
    return unit.disposition in GONE


def may_be_disposed(unit: Unit) -> bool:
    is_seen = unit.is_here and unit.inspection in SEEN
    return is_seen and not unit.is_disposed and unit.held_by is None


def may_be_sent_back(unit: Unit) -> bool:
    is_unpaid_here = unit.is_here and unit.settlement == "NONE"
    return is_unpaid_here and not unit.is_disposed and unit.held_by is None


def may_be_taken_back(unit: Unit) -> bool:
    """Decided, and still somewhere in the house, in no other document."""
    is_decided = unit.disposition in ("RESTOCK", "REPACK", "REPAIR", "REFURBISH", "RTV")
    return unit.is_here and is_decided and unit.account != "vendor" and unit.held_by is None


def is_owed(unit: Unit) -> bool:
    return bool(unit.credit) and unit.settlement == "NONE"


def is_denied(unit: Unit) -> bool:
    """Not accepted by an inspector, unpaid, and not with the customer again."""
    is_refused = unit.credit is False and unit.inspection in SEEN
    return is_refused and is_unpaid(unit) and unit.disposition in WITH_US + GONE


def may_be_appealed(unit: Unit) -> bool:
    """Rejected, refused by its grade, or paid."""
    is_paid = unit.settlement in ("SETTLED", "PARTIAL")
    return unit.authorization == "REJECTED" or is_denied(unit) or is_paid


def may_stand_again(unit: Unit) -> bool:
    """Cancelled, expired, or no longer waited for."""
    given_up = unit.is_approved and unit.logistics == "SHORT_CLOSED"
    return unit.authorization in ("CANCELLED", "EXPIRED") or given_up


def is_in_repair(unit: Unit) -> bool:
    """In the workshop, accepted, and nothing was given for it."""
    is_free = unit.is_here and unit.held_by is None
    return is_free and unit.disposition == "REPAIR" and is_unpaid(unit)


def may_be_given_up_repairing(unit: Unit) -> bool:
    """Something is owed for it still, or may come to be."""
    is_with_the_customer = unit.logistics in ("SHORT_CLOSED", "REFUSED")
    is_owed_yet = unit.credit is not False and not is_with_the_customer
    return unit.is_approved and is_unpaid(unit) and is_owed_yet


def _in(*states: str) -> Fits:
    return lambda unit: unit.authorization in states


def _paid(*states: str) -> Fits:
    return lambda unit: unit.settlement in states


UNITS: dict[str, Fits] = {
    "edit": _in("DRAFT", "NEEDS_INFO", "REJECTED"),
    "submit": _in("DRAFT", "NEEDS_INFO", "REJECTED"),
    "request-info": _in("SUBMITTED", "UNDER_REVIEW"),
    "approve": _in(*PENDING),
    "reject": _in(*PENDING),
    "cancel": may_be_cancelled,
    "expire": may_expire,
    "ship": is_to_be_sent,
    "arrive": lambda unit: unit.is_approved and unit.logistics in ("AWAITING", "IN_TRANSIT"),
    "receive": may_arrive,
    "mark-lost": lambda unit: unit.is_expected or (is_lost(unit) and is_unpaid(unit)),
    "short-close": may_be_given_up,
    "refuse": may_be_given_up,
    "inspect": is_uninspected,
    "reinspect": may_be_seen_again,
    "dispose": may_be_disposed,
    "reverse-disposition": may_be_taken_back,
    "ship-back": may_be_sent_back,
    "repair": lambda unit: is_in_repair(unit) and unit.credit is True,
    "not-repairable": may_be_given_up_repairing,
    "settle": is_owed,
    "retry-settlement": _paid("PROCESSING", "PARTIAL", "FAILED", "MANUAL"),
    "confirm-settlement": _paid("MANUAL", "PARTIAL"),
    "approve-settlement": _paid("QUOTED"),
    "pay-otherwise": _paid("PARTIAL", "FAILED", "MANUAL"),
    "write-off": _paid("PARTIAL", "FAILED", "MANUAL"),
    "reverse-settlement": _paid("QUOTED", "FAILED", "MANUAL"),
    "withdraw-credit": _paid("SETTLED", "PARTIAL"),
    "appeal": may_be_appealed,
    "reopen": may_stand_again,
}
"""By command: the units that it may act on."""
ASKING = ("edit", "submit")
"""Commands about the units in question, or else about all units but those taken back."""
ALSO_CLOSED = (
    "receive",
    "mark-lost",
    "reverse-disposition",
    "withdraw-credit",
    "appeal",
    "decide-appeal",
    "reopen",
)
"""Commands that a completed return admits, too."""
OF_PAYOUTS = {
    "retry": "retry-settlement",
    "confirm": "confirm-settlement",
    "approve-refund": "approve-settlement",
    "pay-otherwise": "pay-otherwise",
    "write-off": "write-off",
    "reverse": "reverse-settlement",
    "withdraw-credit": "withdraw-credit",
}
"""By the name of a step about a payout: what the table calls it."""


def admits(request: Request, command: str) -> bool:
    if request.is_closed and command not in ALSO_CLOSED:
        return False
    if command == "close":
        return request.is_complete
    if command == "decide-appeal":
        return bool(request.open_appeals)
    if command == "reopen" and request.is_closed:
        return True
    if command in ASKING:
        ended = ("CANCELLED", "EXPIRED")
        live = {u.authorization for u in request.units if u.authorization not in ended}
        return "NEEDS_INFO" in live or (bool(live) and live <= {"DRAFT", "REJECTED"})
    lines = list(request.lines.values())
    if command == "settle" and (request.awards_due or request.besides_due):
        return True
    if command == "withdraw-credit" and all(one.lot is None for one in request.payouts.values()):
        return False
    if command == "settle":
        lines = [line for line in lines if line.is_paid_back]
    if command in ("repair", "not-repairable"):
        lines = [line for line in lines if line.to_repair]
    return any(UNITS[command](unit) for line in lines for unit in line.units)


def allowed_now(request: Request) -> set[str]:
    return {name for name in (*UNITS, "decide-appeal", "close") if admits(request, name)}

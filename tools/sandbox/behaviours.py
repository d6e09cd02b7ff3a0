"""How the pretended provider treats a payment: the payment's own reference asks for it.

Pure. `pay-7-decline-once` declines the first key and pays the next; a reference without such a word
succeeds. `captured-6000` anywhere in the reference says that only 60.00 of it were ever captured.
Beside it another word may say how its changes are told: `pay-7-fails-later-told-twice`.
"""

import re
from enum import StrEnum


class Behaviour(StrEnum):
    """The first word found in the reference counts, so longer words stand before shorter ones."""

    DECLINE_ONCE = "decline-once"
    DECLINE = "decline"
    TIMEOUT_LOST_ONCE = "timeout-lost-once"
    TIMEOUT_LOST = "timeout-lost"
    TIMEOUT = "timeout"
    ERROR_AFTER = "error-after"
    ERROR = "error"
    PENDING = "pending"
    MALFORMED = "malformed"
    WRONG_AMOUNT = "wrong-amount"
    FAILS_LATER = "fails-later"
    FORGETS_KEYS = "forgets-keys"
    SUCCEED = ""


class Telling(StrEnum):
    """How changes of a payment's refunds and disputes are told to who listens."""

    TWICE = "told-twice"
    BACKWARDS = "told-backwards"
    LATE = "told-late"
    NEVER = "untold"
    ONCE = "told-once"


class Fault(StrEnum):
    """What goes wrong with the answer, whatever became of the refund."""

    NONE = "none"
    LATE = "late"
    LOST = "lost"
    ERROR = "error"
    MALFORMED = "malformed"


_FAULT_AFTER = {
    Behaviour.TIMEOUT: Fault.LATE,
    Behaviour.ERROR_AFTER: Fault.ERROR,
    Behaviour.MALFORMED: Fault.MALFORMED,
}


def behaviour_of(payment: str) -> Behaviour:
    """What this payment reference asks for; SUCCEED, the empty word, is in every reference."""
    return next(behaviour for behaviour in Behaviour if behaviour.value in payment.lower())


def telling_of(payment: str, otherwise: Telling) -> Telling:
    """How the reference asks to be told of, if it does."""
    return next((telling for telling in Telling if telling.value in payment.lower()), otherwise)


def fault_instead(behaviour: Behaviour, *, is_first_request: bool) -> Fault:
    """What happens *instead of* the refund; NONE: the refund is carried out."""
    if behaviour is Behaviour.TIMEOUT_LOST:
        return Fault.LOST
    if behaviour is Behaviour.TIMEOUT_LOST_ONCE and is_first_request:
        return Fault.LOST
    if behaviour is Behaviour.ERROR and is_first_request:
        return Fault.ERROR
    return Fault.NONE


def fault_after(behaviour: Behaviour) -> Fault:
    """What spoils the answer *after* the refund was carried out; a known key is answered well."""
    return _FAULT_AFTER.get(behaviour, Fault.NONE)


def captured_in(payment: str) -> int | None:
    """The captured minor units that the reference itself names, if it does."""
    found = re.search(r"captured-([0-9]{1,15})", payment.lower())
    return int(found[1]) if found else None

"""The cases that a returns system must pass, as sentences, and the mark that says a test tells one.

The sentences are the field's, each met in a system that gets it right or in one whose users were
hurt; they are not changed to fit the code. `python -m tests.cases.told` lists who tells which.
"""

from collections.abc import Callable
from typing import TypeVar

Test = TypeVar("Test", bound=Callable[..., None])

SENTENCES: dict[str, str] = {
    "cap-over-documents": ("Shipped 10; return A of 6 open; B asks 5 -> refused, says 4 left."),
    "cap-over-kinds": ("Shipped 1, open exchange for it; a return or claim is asked -> refused."),
    "duplicate-entries": (
        "Shipped 1; one request lists the line twice with 1 each -> refused; "
        "shipped 2 -> merged to 2."
    ),
    "partial-request": "Ordered 3, asks 2 -> 2 reserved, 2 refunded, 1 left.",
    "two-parcels": (
        "Approved 2; receive 1, then 1 -> received 2, status RECEIVED; "
        "a retry of the second call stays 2."
    ),
    "good-and-damaged": ("Sellable 2; receive 2, one damaged -> sellable 3, damaged bucket 1."),
    "reject-releases": ("2 asked, rejected -> returnable back to 2; customer edits and resubmits."),
    "discount-share": (
        "3 x 100.00, order -10.00, returned one at a time -> 96.67, 96.66, 96.67; "
        "sum 290.00; never 290.01."
    ),
    "percent-coupon": "3 x EUR 100 at -10%: return 2 -> EUR 180.00, not 200.",
    "bulk-price": (
        "5 bought at 3.00 (single price 5.00, paid 15.00), returns 4: "
        "claw back -> 15 - 5 = 10.00; keep -> 12.00; block -> refused."
    ),
    "fixed-order-discount": "80.00 - 15.00 = 65.00, full return -> 65.00, not 95.00.",
    "two-rounding-units": (
        "10.003 + 10.003 with 20.01 really paid: 10.00, then 10.01 = 20.01; never above paid."
    ),
    "price-rose": "Paid 50, now 75 -> refund 50.",
    "split-payments": (
        "Card 60, wallet 40; refund 80: card 60 ok, wallet 20 declined -> PARTIAL 60/80, "
        'no "refunded" event; retry pays exactly 20.'
    ),
    "double-click": (
        "Two parallel refund calls for 3.92 -> one gateway call, both see the same result."
    ),
    "racing-reviewers": (
        "Approve and reject at the same moment -> one wins, the other gets a conflict."
    ),
    "restock-elsewhere": "Return to B without a stock row -> B 0 -> 1, A unchanged.",
    "per-line-restock": "Line 1 restock yes, line 2 no -> +1 and +0.",
    "rejected-at-inspection": (
        "Received, graded unfit -> sellable +0, quarantine +1, no money; ship-back closes it."
    ),
    "kit": "5 kits of 5 parts out (stock 50 -> 25), 10 parts back -> 35; at most 25 parts ever.",
    "serial-swap": (
        "SN-1 shipped, SN-9 arrives -> exception SERIAL_MISMATCH, quarantine, no refund, "
        "EPCIS mismatch_instance."
    ),
    "surplus": (
        "Approved 2, 3 arrive -> 2 received, 1 exception OVER; "
        "30 sold and 35 back needs second approval."
    ),
    "hold-then-restock": ("Unit on HOLD, later RESTOCK -> exactly +1 once, history shows both."),
    "policy-change": "Sold under 30 days, policy cut to 14, day 20 -> allowed.",
    "outbound-never-posted": "Return refused, stock untouched.",
    "foreign-currency": "Sold at rate 1.10, return when 1.25 -> booked at 1.10.",
    "unexchange": (
        "Exchange shipped, customer returns the new unit and keeps the old -> "
        "one unit consumed, refund on paid price, no double count."
    ),
    "replay": (
        "The same offline receiving batch uploaded twice -> same counts, "
        "no second e-mail or webhook."
    ),
}
"""By key: the 28 cases that must pass."""
RULES: dict[str, str] = {
    "rule-1": "Returnable is counted by order line, not by SKU.",
    "rule-3": "Duplicate entries of one request are merged before they are checked.",
    "rule-5": "Rejected, cancelled, declined or expired quantity becomes returnable again.",
    "rule-6": "The warehouse counts what came; refunded is only what came.",
    "rule-9": "A currency has its own exponent.",
    "rule-10": "Tax comes back from the stored tax lines.",
    "rule-11": "Outbound shipping goes back by rule, at most once over partial returns.",
    "rule-12": (
        "A flat fee is taken once per return, a percent fee per line, never above the refund; "
        "partial refunds share it."
    ),
    "rule-19": "A window counts from delivery; a missing date is never an endless window.",
    "rule-20": "Terms of the sale apply, unless later ones are better for the customer.",
    "rule-21": "Staff may override the window; the override names the person and the reason.",
    "rule-22": "Services and final sales do not come back.",
    "rule-25": "Stock comes back at its original outbound cost.",
    "rule-29": "Nothing comes back before it was sent out.",
    "rule-31": "What is kept no longer earns its promotion: keep, claw back or block, by rule.",
    "rule-32": "Coupons and points go back, or not, by rule, once.",
    "rule-37": "Preview and execute share one function, so the quote equals the result.",
    "races": "Of two who want the same thing at once, one gets it and the other is told.",
}
"""Sentences beside the cases, for the rules that the tests here tell too."""
LATER: dict[str, str] = {}
"""Cases that nothing tells yet, and why; a case that is told may not stay here."""
PARTLY = {"serial-swap": "nothing writes EPCIS yet"}
"""Cases of which a part is not told yet, and which."""


def sentence(*keys: str) -> Callable[[Test], Test]:
    """Says which sentences a test tells; KeyError for one that nobody knows."""
    for key in keys:
        assert key in SENTENCES or key in RULES, f"{key} is no sentence"
    return lambda test: test

"""Ways of the table of transitions where chance seldom leads, as steps from a sale on."""

from typing import Any

from tests.simulation.steps import AS_CREDIT, TO_REPAIR, Step

_WISH = ("1", 1, "CHANGED_MIND", "POT")
TWO = (500, 500)
"""What the card and the other payment of a sale are about, in cents."""
ONE = (1000, 0)


def _sale(name: str, paid: tuple[int, int] = ONE, **more: Any) -> Step:
    """One unit for ten euros; `more` is what it is sold under."""
    payments = [(f"{name}-card", "sandbox", paid[0]), (f"{name}-other", "manual", paid[1])]
    given = {"lines": [("TEA", 1, 1, 1000, 0)], "discount": 0, "payments": payments, "spare": []}
    return Step(name, "sell", given={**given, **more})


def _upheld(terms: str) -> tuple[Step, ...]:
    """A rejection that does not stand."""
    wishes = [("1", 1, "CHANGED_MIND", None)]
    return (
        _sale(terms, terms=terms),
        Step(f"{terms}-ret", "ask", given={"order": terms, "wishes": wishes, "submit": True}),
        Step(f"{terms}-no", "reject", f"{terms}-ret", who="ann"),
        Step(f"{terms}-apl", "appeal", f"{terms}-ret", given={"against": "rejection", "lines": ()}),
        Step(
            f"{terms}-yes",
            "decide",
            f"{terms}-apl",
            given={"of": f"{terms}-ret", "upheld": True, "award": None},
            who="bob",
        ),
    )


def _alone(
    terms: str,
    ret: str,
    *,
    paid: tuple[int, int] = ONE,
    reason: str = "CHANGED_MIND",
    wanted: str | None = None,
    **more: Any,
) -> tuple[Step, ...]:
    """A draft that is approved by no person when it is submitted."""
    sale = f"{ret}-sale"
    wishes = [("1", 1, reason, wanted)]
    return (
        _sale(sale, paid, terms=terms, alone=True, **more),
        Step(ret, "ask", given={"order": sale, "wishes": wishes, "submit": False}),
        Step(f"{ret}-submitted", "submit", ret),
    )


_UNDER_TERMS = (
    _sale("sale", alone=True),
    Step("ret", "ask", given={"order": "sale", "wishes": [_WISH], "submit": True}),
    Step("question", "request-info", "ret"),
    Step("answer", "edit", "ret", given={"wishes": [(*_WISH[:3], None)]}),
    Step("asked", "submit", "ret"),
    *_upheld("kept"),
    *_upheld("on-approval"),
    *_alone("kept", "stays"),
    *_alone("on-approval", "lapses"),
    Step("lapsed", "expire", "lapses", given={"kind": "ship"}),
    Step("lapsed no more", "reopen", "lapses"),
    *_alone("on-approval", "turned away"),
    Step("refused", "refuse", "turned away"),
    Step("wanted again", "reopen", "turned away"),
    *_alone("on-scan", "moves"),
    Step("moving", "ship", "moves"),
    Step("scanned", "news", "moving", given={"status": "in_transit"}),
    *_alone("on-scan", "comes"),
    Step("coming", "ship", "comes"),
    Step("brought", "news", "coming", given={"status": "delivered"}),
)
"""An answer that the policy approves alone; and what becomes of units under terms that pay early:
chance seldom leads there."""


def _held(ret: str, paid: tuple[int, int], **more: str) -> tuple[Step, ...]:
    """A refund that waits for somebody else than ann."""
    return (
        *_alone("seconded-early", ret, paid=paid, **more),
        Step(f"{ret}-paid", "settle", ret, given={"outcomes": {}}),
    )


def _agreed(ret: str, paid: tuple[int, int], outcome: str) -> tuple[Step, ...]:
    """Somebody else agrees, and the card pays so."""
    given = {"of": ret, "outcomes": {f"{ret}-sale-card": outcome}}
    return (*_held(ret, paid), Step(f"{ret}-yes", "approve-refund", f"{ret}-paid", given, "bob"))


def _disputed(name: str, ret: str, state: str) -> Step:
    given = {"payment": f"{ret}-sale-card", "dispute": "one", "amount": 1000, "state": state}
    return Step(f"{ret}-{name}", "dispute", f"{ret}-sale", given)


def _short(ret: str) -> tuple[Step, ...]:
    """A refund above the limit that no payment carries, because the bank has not decided yet."""
    sale, asked, submitted = _alone("seconded-early", ret)
    paid = Step(f"{ret}-paid", "settle", ret, given={"outcomes": {}})
    return (sale, asked, submitted, _disputed("doubted", ret, "OPEN"), paid)


def _of(step: str, command: str, ret: str, who: str = "bob", **given: Any) -> Step:
    return Step(f"{ret}-{step}", command, f"{ret}-paid", given={"of": ret, **given}, who=who)


def _as_credit(ret: str, paid: tuple[int, int] = ONE) -> tuple[Step, ...]:
    return (
        *_alone("on-approval", ret, paid=paid, wanted=AS_CREDIT),
        Step(f"{ret}-paid", "settle", ret, given={"outcomes": {}}),
    )


_REFUNDS = (
    *_agreed("settled", ONE, "paid"),
    *_agreed("partial", TWO, "paid"),
    *_agreed("silent", ONE, "silent"),
    *_agreed("declined", ONE, "declined"),
    *_agreed("by hand", (0, 1000), "paid"),
    _of("given up", "write-off", "declined", payment="declined-sale-card"),
    *_held("not agreed", ONE),
    _of("no", "reverse", "not agreed"),
    *_short("late"),
    _disputed("won", "late", "WON"),
    _of("again", "retry", "late", outcomes={}),
    *_short("beside"),
    _of("otherwise", "pay-otherwise", "beside", payment=None),
    *_as_credit("for money"),
    _of("money", "withdraw-credit", "for money"),
    # The other half of what it was paid with is with the bank, so a person gives it.
    _sale("half-sale", TWO, terms="on-approval", alone=True),
    Step(
        "half",
        "ask",
        given={
            "order": "half-sale",
            "wishes": [("1", 1, "CHANGED_MIND", AS_CREDIT)],
            "submit": True,
        },
    ),
    Step(
        "half-doubted",
        "dispute",
        "half-sale",
        given={"payment": "half-sale-other", "dispute": "one", "amount": 500, "state": "OPEN"},
    ),
    Step("half-paid", "settle", "half", given={"outcomes": {}}),
    _of("rest", "pay-otherwise", "half", payment=None),
    _of("money", "withdraw-credit", "half"),
)
"""Refunds that a second person agrees to, and credit that is withdrawn."""


def _in_repair(ret: str) -> tuple[Step, ...]:
    return (
        *_alone("", ret, reason="OTHER", wanted=TO_REPAIR),
        Step(f"{ret}-in", "receive", ret, given={"warehouse": "W1", "items": [("TEA", 1)]}),
        Step(f"{ret}-seen", "inspect", ret, given={"groups": [("1", 1, "C", "PASSED", True)]}),
        Step(f"{ret}-up", "dispose", ret, given={"items": [("1", 1, "REPAIR", "UNDECIDED")]}),
    )


_REPAIRS = (
    *_in_repair("mended"),
    Step("mended-back", "repair", "mended", given={"lines": {"1": 1}}),
    *_in_repair("hopeless"),
    Step("hopeless-no", "not-repairable", "hopeless", given={"line": "1", "wanted": None}),
)


def _cheaper(
    ret: str, paid: tuple[int, int], outcome: str, terms: str = "on-approval"
) -> tuple[Step, ...]:
    """A replacement for a tenth, and what becomes of the rest."""
    return (
        *_alone(terms, ret, paid=paid, wanted="POT@100", spare=[("POT", 1)]),
        Step(f"{ret}-out", "ship-swap", f"{ret}-submitted:1"),
        Step(f"{ret}-paid", "settle", ret, given={"outcomes": {f"{ret}-sale-card": outcome}}),
    )


def _in_advance(ret: str, terms: str, wanted: str) -> tuple[Step, ...]:
    """A replacement that is sent before its units came, and they do not come in time."""
    return (
        *_alone(terms, ret, wanted=wanted, spare=[("POT", 1)]),
        Step(f"{ret}-dearer", "pay-swap", f"{ret}-submitted:1", given={"amount": 10}),
        Step(f"{ret}-out", "cross-ship-swap", f"{ret}-submitted:1"),
        Step(f"{ret}-late", "look-after-swap", f"{ret}-submitted:1"),
        Step(f"{ret}-more", "charge-swap", f"{ret}-submitted:1", given={"amount": 1001}),
        Step(f"{ret}-kept", "charge-swap", f"{ret}-submitted:1", given={"amount": 1000}),
    )


_EXCHANGES = (
    *_in_advance("in advance", "", "POT"),
    *_in_advance("dearer in advance", "", "POT@1010"),
    *_in_advance("cheaper in advance", "on-approval", "POT@100"),
    *_cheaper("cheap", ONE, "paid"),
    *_cheaper("cheap-silent", ONE, "silent"),
    *_cheaper("cheap-declined", ONE, "declined"),
    _of("undone", "reverse", "cheap-declined"),
    *_cheaper("cheap-partial", TWO, "paid"),
    *_cheaper("cheap-by-hand", (0, 1000), "paid"),
    *_cheaper("cheap-held", ONE, "paid", terms="seconded-early"),
    _of("agreed", "approve-refund", "cheap-held", outcomes={}),
)
RARE = (*_UNDER_TERMS, *_REFUNDS, *_REPAIRS, *_EXCHANGES)

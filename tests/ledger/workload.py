"""Events about money in any order that can happen, and a plain count of what they come to.

The count knows nothing of accounts: it is what the ledger is compared with.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from hypothesis import strategies as st

from chalicelib.core.events import Actor, Chain, Context, Event, Json
from chalicelib.core.money import Money
from tests.builders import NOW

PAYMENTS = ("card", "wallet")
Told = list[tuple[str, dict[str, Json]]]


def journal(*told: tuple[str, dict[str, Json]], subject: str = "return/ret_1") -> list[Event]:
    """Events of these types and data, one command each."""
    chain, events = Chain(), []
    for place, (event_type, data) in enumerate(told):
        context = Context(
            actor=Actor(id="fin-1", role="finance"),
            now=NOW,
            command_id=f"cmd-{place}",
            correlation_id="story",
        )
        chain, event = chain.append(subject, event_type, data, context)
        events.append(event)
    return events


def money(minor: int, currency: str = "EUR") -> dict[str, Json]:
    amount = Money(minor, currency)
    return {"amount": amount.amount, "currency": amount.currency}


@dataclass
class Count:
    """What a person would note on paper."""

    owed: int = 0
    fees: int = 0
    returned: int = 0
    refunded: Counter[str] = field(default_factory=Counter)
    under_way: list[tuple[str, int]] = field(default_factory=list)
    declined: list[tuple[str, int]] = field(default_factory=list)
    paid: list[tuple[str, int]] = field(default_factory=list)
    disputes: list[tuple[str, int]] = field(default_factory=list)
    lots: Counter[str] = field(default_factory=Counter)
    spent: list[tuple[str, int]] = field(default_factory=list)
    lost: int = 0
    awards: list[int] = field(default_factory=list)
    recovered: int = 0


def leg(payment: str, minor: int) -> dict[str, Json]:
    return {"payment_id": payment, "amount": money(minor), "key": f"stl:{payment}:1"}


@st.composite
def workloads(draw: st.DrawFn) -> tuple[Told, Count]:
    """Up to twenty events, each possible after those before it, and their count."""
    told: Told = []
    count = Count()
    for _ in range(draw(st.integers(1, 20))):
        possible = [step for step, is_possible in _STEPS if is_possible(count)]
        told += draw(st.sampled_from(possible))(draw, count)
    return told, count


def _part(draw: st.DrawFn, of: int) -> int:
    return draw(st.integers(1, of))


def _taken(draw: st.DrawFn, legs: list[tuple[str, int]]) -> tuple[str, int]:
    return legs.pop(draw(st.integers(0, len(legs) - 1)))


def _start(draw: st.DrawFn, count: Count) -> Told:
    goods, fee = draw(st.integers(0, 10_000)), draw(st.integers(0, 500))
    payable = [award for award in count.awards if award <= _free(count)]
    award = draw(st.sampled_from([0, *payable]))
    if award:
        count.awards.remove(award)
    left, legs = goods + award, []
    for payment in PAYMENTS:
        part = draw(st.integers(0, left))
        if part:
            legs.append((payment, part))
            left -= part
    count.returned += goods + fee
    count.fees += fee
    count.owed += left - award
    count.under_way += legs
    data: dict[str, Json] = {
        "amount": money(goods + award),
        "awards": [{"appeal_id": "apl_1", "amount": money(award)}] if award else [],
        "fees": [{"kind": "flat", "line_no": None, "amount": money(fee), "tax": money(0)}],
        "shortfall": money(left),
        "legs": [leg(payment, part) for payment, part in legs],
    }
    return [("settlement.started", data)]


def _pay(draw: st.DrawFn, count: Count) -> Told:
    payment, minor = _taken(draw, count.under_way)
    count.paid.append((payment, minor))
    count.refunded[payment] += minor
    return [("refund.paid", leg(payment, minor))]


def _decline(draw: st.DrawFn, count: Count) -> Told:
    payment, minor = _taken(draw, count.under_way)
    count.declined.append((payment, minor))
    count.owed += minor
    return [("refund.declined", leg(payment, minor))]


def _retry(draw: st.DrawFn, count: Count) -> Told:
    payment, minor = _taken(draw, count.declined)
    count.under_way.append((payment, minor))
    count.owed -= minor
    return [("refund.retried", leg(payment, minor))]


def _fail_later(draw: st.DrawFn, count: Count) -> Told:
    payment, minor = _taken(draw, count.paid)
    count.refunded[payment] -= minor
    count.owed += minor
    return [("refund.failed_later", leg(payment, minor))]


def _charge_back(draw: st.DrawFn, count: Count) -> Told:
    payment, minor = draw(st.sampled_from(PAYMENTS)), draw(st.integers(1, 5000))
    count.disputes.append((payment, minor))
    return [("payment.charged_back", leg(payment, minor))]


def _win(draw: st.DrawFn, count: Count) -> Told:
    payment, minor = _taken(draw, count.disputes)
    return [("payment.chargeback_won", leg(payment, minor))]


def _lose(draw: st.DrawFn, count: Count) -> Told:
    payment, minor = _taken(draw, count.disputes)
    settles = min(minor, _free(count))
    count.owed -= settles
    count.lost += minor - settles
    return [("payment.chargeback_lost", {**leg(payment, minor), "settles": money(settles)})]


def _award(draw: st.DrawFn, count: Count) -> Told:
    minor = draw(st.integers(1, 3000))
    count.owed += minor
    count.awards.append(minor)
    return [("compensation.awarded", {"award": money(minor)})]


def _pay_by_hand(draw: st.DrawFn, count: Count) -> Told:
    minor = _part(draw, _free(count))
    count.owed -= minor
    count.refunded["bank"] += minor
    return [("compensation.paid", {"amount": money(minor), "method": "bank"})]


def _write_off(draw: st.DrawFn, count: Count) -> Told:
    minor = _part(draw, _free(count))
    count.owed -= minor
    count.lost -= minor
    return [("settlement.written_off", {"amount": money(minor)})]


def _issue(draw: st.DrawFn, count: Count) -> Told:
    settles, bonus = draw(st.integers(0, _free(count))), draw(st.integers(0, 500))
    credit = f"crd_{len(count.lots)}"
    count.owed -= settles
    count.lots[credit] += settles + bonus
    amounts: dict[str, Json] = {"amount": money(settles + bonus), "settles": money(settles)}
    return [
        ("settlement.credited", {"credit_id": credit, "amount": money(settles)}),
        ("credit.issued", {"credit_id": credit, **amounts}),
    ]


def _spend(draw: st.DrawFn, count: Count) -> Told:
    credit = draw(st.sampled_from(sorted(+count.lots)))
    minor = _part(draw, count.lots[credit])
    count.lots[credit] -= minor
    count.spent.append((credit, minor))
    return [("credit.spent", {"lots": [{"credit_id": credit, "amount": money(minor)}]})]


def _restore(draw: st.DrawFn, count: Count) -> Told:
    credit, minor = _taken(draw, count.spent)
    count.lots[credit] += minor
    return [("credit.restored", {"lots": [{"credit_id": credit, "amount": money(minor)}]})]


def _expire(draw: st.DrawFn, count: Count) -> Told:
    credit = draw(st.sampled_from(sorted(+count.lots)))
    minor = count.lots[credit]
    count.lots[credit] = 0
    return [("credit.expired", {"lots": [{"credit_id": credit, "amount": money(minor)}]})]


def _exchange(draw: st.DrawFn, count: Count) -> Told:
    value, price = draw(st.integers(0, 3000)), draw(st.integers(0, 3000))
    count.returned += value
    count.owed += max(value - price, 0)
    return [("settlement.exchanged", {"value": money(value), "price": money(price)})]


def _approve(draw: st.DrawFn, count: Count) -> Told:
    """Held for a second person, and then sent."""
    payment, minor = draw(st.sampled_from(PAYMENTS)), draw(st.integers(1, 5000))
    count.returned += minor
    count.under_way.append((payment, minor))
    return [
        ("settlement.started", {"amount": money(minor), "held": [leg(payment, minor)]}),
        ("refund.approved", {"amount": money(minor), "legs": [leg(payment, minor)]}),
    ]


def _reverse(draw: st.DrawFn, count: Count) -> Told:
    """Started, and taken back while a person was to pay it: nothing is left of it."""
    minor, fee = draw(st.integers(1, 5000)), draw(st.integers(0, 100))
    waiting = draw(st.integers(0, minor))
    stated: dict[str, Json] = {
        "amount": money(minor),
        "fees": [{"amount": money(fee)}],
        "legs": [leg("card", waiting)],
    }
    return [("settlement.started", stated), ("settlement.reversed", stated)]


def _give_up(draw: st.DrawFn, count: Count) -> Told:
    payment, minor = _taken(draw, count.under_way)
    count.lost -= minor
    return [
        ("refund.cancelled", leg(payment, minor)),
        ("settlement.written_off", {"amount": money(minor)}),
    ]


def _recover(draw: st.DrawFn, count: Count) -> Told:
    minor = draw(st.integers(1, 5000))
    count.recovered += minor
    claim: dict[str, Json] = {"against": "carrier", "recovered": money(minor)}
    return [("liability_claim.recovered", {**claim, "amount": money(2 * minor)})]


def _say_nothing(draw: st.DrawFn, count: Count) -> Told:
    return [("refund.unanswered", leg("card", draw(st.integers(1, 100))))]


def _free(count: Count) -> int:
    """What is owed and not waiting for a retry, which will send it."""
    return count.owed - sum(minor for _, minor in count.declined)


Step = Callable[[st.DrawFn, Count], Told]
_STEPS: tuple[tuple[Step, Callable[[Count], bool]], ...] = (
    (_start, lambda count: True),
    (_pay, lambda count: bool(count.under_way)),
    (_decline, lambda count: bool(count.under_way)),
    (_retry, lambda count: bool(count.declined)),
    (_fail_later, lambda count: bool(count.paid)),
    (_charge_back, lambda count: True),
    (_win, lambda count: bool(count.disputes)),
    (_lose, lambda count: bool(count.disputes)),
    (_award, lambda count: True),
    (_pay_by_hand, lambda count: _free(count) > 0),
    (_write_off, lambda count: _free(count) > 0),
    (_issue, lambda count: _free(count) > 0),
    (_spend, lambda count: bool(+count.lots)),
    (_restore, lambda count: bool(count.spent)),
    (_expire, lambda count: bool(+count.lots)),
    (_exchange, lambda count: True),
    (_approve, lambda count: True),
    (_reverse, lambda count: True),
    (_give_up, lambda count: bool(count.under_way)),
    (_recover, lambda count: True),
    (_say_nothing, lambda count: True),
)

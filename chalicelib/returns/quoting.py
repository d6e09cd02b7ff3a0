"""What a request would bring: the units it would take, their value, and the verdict of the policy.

Quote and submit share `evaluate`, so a quote equals what submit then decides.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from chalicelib.core import runs
from chalicelib.core.errors import Conflict, Invalid, NotFound
from chalicelib.core.events import Context
from chalicelib.core.money import Money
from chalicelib.core.runs import Run, Runs
from chalicelib.orders import returnable
from chalicelib.orders.model import LineKind, Order, OrderLine
from chalicelib.orders.value import paid_by_line, value_of_units
from chalicelib.policy.catalogue import published
from chalicelib.policy.decision import LineFacts, decide
from chalicelib.policy.model import Decision, LineDecision, Review, RuleTrace
from chalicelib.returns.beyond_policy import asked_by_person, beyond_policy
from chalicelib.returns.documents import CAUSE_REPORTED, missing_of, outbound, with_documents
from chalicelib.returns.kit_wishes import wished
from chalicelib.returns.model import ReturnType
from chalicelib.returns.ports import ReturnReader
from chalicelib.returns.wishes import RequestedLine, RequestReturn, check_lines, check_type


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotedLine:
    """What one entry would bring: the units it would take, their value, and the verdict.

    `order_line_no` None: goods that are on no line of the order, worth nothing.
    """

    order_line_no: str | None
    sku: str
    quantity: int
    returnable_quantity: int
    units: Runs
    amount: Money
    decision: LineDecision


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """The whole request, evaluated; nothing is written."""

    lines: tuple[QuotedLine, ...]
    total: Money
    decision: Decision

    @property
    def eligible(self) -> bool:
        return self.decision.eligible


def quote(reads: ReturnReader, command: RequestReturn, context: Context) -> Quote:
    """Evaluate a request on an order; the same function decides at submit."""
    check_type(command)
    order = order_for(reads, command)
    entries = wished(order, command.lines)
    found = evaluate(order, entries, command.requested_at or context.now, type_=command.type)
    own = outbound(order, (entry.order_line_no for entry in entries))
    papers = with_documents(command.documents, own)
    is_whole = not missing_of(command.type, papers, is_blind=False)
    return reviewed(found, is_whole=is_whole and command.type not in CAUSE_REPORTED)


def order_for(reads: ReturnReader, command: RequestReturn) -> Order:
    check_lines(command)
    if command.order_no is None:
        raise Invalid("order_required", "A quote needs the order that was bought.")
    order = reads.order(command.order_no)
    if order is None:
        raise NotFound("order_not_found", f"There is no order {command.order_no}.")
    return order


def evaluate(
    order: Order,
    lines: tuple[RequestedLine, ...],
    requested_at: datetime,
    *,
    type_: ReturnType = ReturnType.CUSTOMER_RETURN,
    asked_about: frozenset[str] = frozenset(),
) -> Quote:
    """The verdict on each entry, and its units where it is eligible.

    Policy refuses none of the order lines in `asked_about`: a person decides about those.
    Raises Conflict where all entries of an order line together ask for more than is left of it.
    """
    policy = published(order.policy_version)
    sold = [sold_line(order, entry) for entry in lines]
    facts = [_line_facts(order, line, requested_at, type_) for line in sold if line is not None]
    decided = decide(policy, facts)
    by_policy = asked_by_person(beyond_policy(decided.lines, type_), asked_about)
    verdicts = _with_strangers(lines, by_policy)
    units = _units(order, lines, verdicts)
    quoted = tuple(
        _quoted(order, entry, line, verdict, taken)
        for entry, line, verdict, taken in zip(lines, sold, verdicts, units, strict=True)
    )
    total = Money.total((line.amount for line in quoted), order.currency)
    return Quote(lines=quoted, total=total, decision=replace(decided, lines=verdicts))


def reviewed(quote: Quote, *, is_whole: bool) -> Quote:
    """The quote as it would be decided: with a paper or report missing, a person looks at it."""
    if is_whole or quote.decision.review is not Review.AUTOMATIC:
        return quote
    return replace(quote, decision=replace(quote.decision, review=Review.PERSON))


def sold_line(order: Order, asked: RequestedLine) -> OrderLine | None:
    """The line of the order that an entry names; None for goods that are on none."""
    if asked.order_line_no is None:
        return None
    line = order.line(asked.order_line_no)
    if line is None:
        raise NotFound(
            "order_line_not_found",
            f"Order {order.order_no} has no line {asked.order_line_no}.",
            order_line_no=asked.order_line_no,
        )
    return line


def _with_strangers(
    lines: Iterable[RequestedLine], decided: Sequence[LineDecision]
) -> tuple[LineDecision, ...]:
    """A verdict for every entry: what was sent by error may come back, whatever it is."""
    of_lines = iter(decided)
    return tuple(
        _sent_by_error(entry) if entry.order_line_no is None else next(of_lines) for entry in lines
    )


def _sent_by_error(entry: RequestedLine) -> LineDecision:
    trace = RuleTrace(
        rule="order_line", facts={"sku": entry.sku}, passed=True, code="sent_by_error"
    )
    return LineDecision(line_no=f"sku:{entry.sku}", eligible=True, code="eligible", trace=(trace,))


def _units(
    order: Order, lines: Sequence[RequestedLine], verdicts: Sequence[LineDecision]
) -> list[Runs]:
    """The units each entry would take; one that is refused anyway takes none.

    All entries of an order line are checked together, and share out what they get: each the units
    of its own serials, then the lowest that are left.
    """
    together: dict[str, list[int]] = {}
    taken: list[Runs] = [() for _ in lines]
    for place, (entry, verdict) in enumerate(zip(lines, verdicts, strict=True)):
        if entry.order_line_no is None:
            taken[place] = entry.among or (Run(1, entry.quantity),)
        elif verdict.eligible:
            together.setdefault(entry.order_line_no, []).append(place)
    for line_no, places in together.items():
        line = order.line(line_no)
        assert line is not None, "evaluated before"
        for place, units in zip(
            places, _shared(order, line, [lines[place] for place in places]), strict=True
        ):
            taken[place] = units
    return taken


def _shared(order: Order, line: OrderLine, entries: Sequence[RequestedLine]) -> list[Runs]:
    serials = [serial for entry in entries for serial in entry.serials]
    wanted = sum(entry.quantity for entry in entries)
    # Raises where all of them ask for more than is left, or for a serial that was not shipped.
    returnable.choose(order, line, wanted, serials)
    rest = returnable.free(order, line)
    ordinal_of = {
        serial: ordinal
        for ordinal, serial in returnable.serials_by_ordinal(order, line.line_no).items()
    }
    named = [runs.of_ordinals(ordinal_of[serial] for serial in entry.serials) for entry in entries]
    for own in named:
        rest = runs.minus(rest, own)
    shares: list[Runs] = [() for _ in entries]
    # Who has the fewest units to choose from chooses first, or others would take them.
    for place in sorted(range(len(entries)), key=lambda at: _choice(rest, entries[at])):
        entry, own = entries[place], named[place]
        others = _lowest_of(rest, entry, entry.quantity - runs.size(own))
        rest = runs.minus(rest, others)
        shares[place] = runs.merged((*own, *others))
    return shares


def _choice(rest: Runs, entry: RequestedLine) -> tuple[bool, int]:
    """How many units an entry may take; those that may take any come after all others."""
    return not entry.among, runs.size(runs.common(rest, entry.among))


def _lowest_of(rest: Runs, entry: RequestedLine, quantity: int) -> Runs:
    """The lowest of what is left; of those that are called back, where only some are."""
    fitting = runs.common(rest, entry.among) if entry.among else rest
    left = runs.size(fitting)
    if quantity > left:
        raise Conflict(
            "not_returnable_quantity",
            f"Line {entry.order_line_no} has {left} of the named units left, {quantity} are asked.",
            line_no=entry.order_line_no,
            returnable_quantity=left,
            asked=quantity,
        )
    return runs.lowest(fitting, quantity)


def _quoted(
    order: Order,
    entry: RequestedLine,
    line: OrderLine | None,
    verdict: LineDecision,
    units: Runs,
) -> QuotedLine:
    amount, left = Money.zero(order.currency), 0
    if line is not None:
        paid = paid_by_line(order)[line.line_no]
        amount = value_of_units(paid, line.quantity, units).total
        left = returnable.returnable_quantity(order, line)
    return QuotedLine(
        order_line_no=entry.order_line_no,
        sku=line.sku if line is not None else entry.sku or "",
        quantity=entry.quantity,
        returnable_quantity=left,
        units=units,
        amount=amount,
        decision=verdict,
    )


def _line_facts(
    order: Order, line: OrderLine, requested_at: datetime, type_: ReturnType
) -> LineFacts:
    deliveries = [
        delivery
        for delivery in order.deliveries
        if any(item.line_no == line.line_no for item in delivery.items)
    ]
    delivered = [d.delivered_at for d in deliveries if d.delivered_at is not None]
    last_known = len(delivered) == len(deliveries) and delivered
    return LineFacts(
        line_no=line.line_no,
        is_goods=line.kind is LineKind.GOODS,
        is_final_sale=line.final_sale,
        shipped_at=max((d.shipped_at for d in deliveries), default=None),
        delivered_at=max(delivered) if last_known else None,
        requested_at=requested_at,
        warranty_end=line.warranty_end if type_ is ReturnType.QUALITY else None,
    )

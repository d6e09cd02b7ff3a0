"""What a request would bring: the units it would take, their value, and the verdict of the policy.

Quote and submit share `evaluate`, so a quote equals what submit then decides.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from chalicelib.core import runs
from chalicelib.core.errors import Conflict, Invalid, NotFound
from chalicelib.core.events import Context
from chalicelib.core.money import Money
from chalicelib.core.runs import Run, Runs
from chalicelib.exchanges.ports import ApprovalReader
from chalicelib.orders import returnable
from chalicelib.orders.model import Order, OrderLine
from chalicelib.orders.value import Paid, paid_by_line, value_of_units
from chalicelib.policy.document import Review
from chalicelib.policy.evaluation import decide_best
from chalicelib.policy.facts import OF_CUSTOMER
from chalicelib.policy.verdict import Decision, LineDecision, RuleTrace
from chalicelib.reasons.answering import asker_of, owes_evidence
from chalicelib.reasons.catalogue import evidence_for, fault_of
from chalicelib.returns.beyond_policy import asked_by_person, beyond_policy, overridden
from chalicelib.returns.destination import destination, hindrance
from chalicelib.returns.documents import (
    CAUSE_REPORTED,
    evidence_of,
    missing_of,
    outbound,
    with_documents,
    with_evidence,
)
from chalicelib.returns.kit_wishes import wished
from chalicelib.returns.lifecycle import NEVER_PAID
from chalicelib.returns.model import LinkedDocument, ReturnType
from chalicelib.returns.policy_facts import Asked, PolicyReader, Wish, lines_to_decide
from chalicelib.returns.ports import ReturnReader
from chalicelib.returns.quote import Quote, QuotedLine, by_person
from chalicelib.returns.quote_amounts import with_amounts
from chalicelib.returns.wishes import RequestedLine, RequestReturn, check_lines, check_type


def quote(reads: ApprovalReader, command: RequestReturn, context: Context) -> Quote:
    """Evaluate a request on an order; the same function decides at submit."""
    check_type(command)
    asker = asker_of(context, answers_due=command.answers_due)
    check_lines(command, reads.reason_catalogue(), asker)
    order = order_for(reads, command)
    entries = wished(order, command.lines)
    asked = Asked(
        requested_at=command.requested_at or context.now,
        type=command.type,
        method=command.method,
        overridden=command.override is not None,
        evidence_due=owes_evidence(context),
    )
    found = evaluate(reads, order, entries, asked)
    own = outbound(order, (entry.order_line_no for entry in entries))
    found = checked(found, command.type, with_documents(command.documents, own))
    if found.eligible and found.decision.review is Review.AUTOMATIC:
        warehouse = destination(command.warehouse, order, found.decision.lines)
        reason = hindrance(reads, order, entries, warehouse)
        if reason is not None:
            return by_person(found, reason)
    return found


def checked(
    quote: Quote,
    type_: ReturnType,
    documents: Iterable[LinkedDocument],
    *,
    has_report: bool = False,
) -> Quote:
    """The quote as it would be decided with these papers: where some are missing, by a person.

    By a person, too, where a customer only says that there is one: nobody has seen it.
    """
    documents, evidence = tuple(documents), evidence_of(quote.decision.lines)
    seen = (document for document in documents if not document.by_customer)
    if missing_of(type_, documents, is_blind=False, evidence=evidence):
        quote = by_person(quote, "documents_missing")
    elif missing_of(type_, seen, is_blind=False, evidence=evidence):
        quote = by_person(quote, "documents_unseen")
    if type_ in CAUSE_REPORTED and not has_report:
        quote = by_person(quote, "cause_report_missing")
    return quote


def order_for(reads: ReturnReader, command: RequestReturn) -> Order:
    if command.order_no is None:
        raise Invalid("order_required", "A quote needs the order that was bought.")
    order = reads.order(command.order_no)
    if order is None:
        raise NotFound("order_not_found", f"There is no order {command.order_no}.")
    return order


def evaluate(
    reads: PolicyReader, order: Order, lines: tuple[RequestedLine, ...], asked: Asked
) -> Quote:
    """The verdict on each entry, and its units where it is eligible.

    Raises Conflict where all entries of an order line together ask for more than is left of it.
    """
    decision = judged(reads, order, lines, asked)
    sold, verdicts = [sold_line(order, entry) for entry in lines], decision.lines
    units, paid = _units(order, lines, verdicts), paid_by_line(order)
    quoted = tuple(
        _quoted(order, paid, entry, line, verdict, taken)
        for entry, line, verdict, taken in zip(lines, sold, verdicts, units, strict=True)
    )
    total = Money.total((line.amount for line in quoted), order.currency)
    found = with_amounts(order, Quote(lines=quoted, total=total, decision=decision), asked)
    return by_person(found, "override") if asked.overridden else found


def judged(
    reads: PolicyReader, order: Order, lines: tuple[RequestedLine, ...], asked: Asked
) -> Decision:
    """The verdict on each entry, whatever is left of its order line."""
    sold = [sold_line(order, entry) for entry in lines]
    decided = _decided(reads, order, lines, sold, asked)
    by_policy = overridden(
        asked_by_person(beyond_policy(decided.lines, asked.type), asked.about), asked
    )
    return replace(decided, lines=_with_strangers(lines, by_policy))


def _decided(
    reads: PolicyReader,
    order: Order,
    lines: Sequence[RequestedLine],
    sold: Sequence[OrderLine | None],
    asked: Asked,
) -> Decision:
    """What the versions that apply say; the customer's history is read where one asks for it."""
    policies = reads.policies_for(order.policy_version, asked.requested_at)
    history = None
    if policies.asks_for(OF_CUSTOMER):
        history = reads.customer_history(
            order.customer_id, asked.requested_at, without=asked.return_id
        )
    catalogue = reads.reason_catalogue()
    wishes = [
        Wish(entry=entry, line=line, fault=fault_of(catalogue, entry.reason))
        for entry, line in zip(lines, sold, strict=True)
        if line is not None
    ]
    decided = decide_best(policies, lines_to_decide(order, wishes, asked, policies, history))
    if not asked.evidence_due:
        return decided
    told = zip(decided.lines, wishes, strict=True)
    verdicts = (
        with_evidence(line, evidence_for(catalogue, wish.entry.reason), asked.type)
        for line, wish in told
    )
    return replace(decided, lines=tuple(verdicts))


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
    paid: Mapping[str, Paid],
    entry: RequestedLine,
    line: OrderLine | None,
    verdict: LineDecision,
    units: Runs,
) -> QuotedLine:
    amount, left = Money.zero(order.currency), 0
    if line is not None:
        amount = value_of_units(paid[line.line_no], line.quantity, units).total
        left = returnable.returnable_quantity(order, line)
    return QuotedLine(
        order_line_no=entry.order_line_no,
        sku=line.sku if line is not None else entry.sku or "",
        quantity=entry.quantity,
        returnable_quantity=left,
        units=units,
        amount=amount,
        decision=verdict,
        brings_goods=entry.resolution in NEVER_PAID,
        paid=paid[line.line_no] if line is not None else None,
        sold=line.quantity if line is not None else 0,
    )

"""What becomes of units from the sale to the decision, and when they are taken back."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import count as counting

from tests.simulation.admitting import admits, may_be_cancelled, may_expire
from tests.simulation.exchanging import drop, promise, require_unsent, unreplaced
from tests.simulation.model import AskedLine, Request, Sale, SoldLine, World
from tests.simulation.money import SoldPayment
from tests.simulation.sharing import shares
from tests.simulation.steps import AS_CREDIT, TO_REPAIR, Step
from tests.simulation.terms import PLAIN, TERMS
from tests.simulation.units import PENDING, Refused, Unit, first

NOT_NOW = "not_allowed_now"
Wishes = Iterable[tuple[str, int, str, str | None]]
"""Line of the order, how many, why, and what is wanted instead."""
Lines = dict[str, AskedLine]
"""By their numbers."""


def need(request: Request, command: str) -> None:
    if not admits(request, command):
        raise Refused(NOT_NOW)


def sell(world: World, step: Step) -> None:
    """Counted onto the shelf, sold, and delivered: the shelf holds what it held before."""
    given = step.given
    lines = {
        str(place): SoldLine(
            sku=sku, quantity=quantity, price=price, discount=discount, shipped=shipped
        )
        for place, (sku, quantity, shipped, price, discount) in enumerate(given["lines"], 1)
    }
    weights = [line.price * line.quantity - line.discount for line in lines.values()]
    for line, share in zip(lines.values(), shares(given["discount"], weights), strict=True):
        line.share = share
        world.moved(line.sku, line.shipped, "W1", "adjustment", "available")
        world.moved(line.sku, line.shipped, "W1", "available", "customer")
    for sku, count in given["spare"]:
        world.moved(sku, count, "W1", "adjustment", "available")
    payments = [SoldPayment(*payment) for payment in given["payments"]]
    alone, terms = given.get("alone", False), TERMS[given.get("terms", PLAIN)]
    world.sales[step.id] = Sale(lines=lines, payments=payments, decides_alone=alone, terms=terms)


def ask(world: World, step: Step) -> None:
    """A draft, or submitted at once."""
    order_no = step.given["order"]
    lines = _drafted(world.sales[order_no], step.given["wishes"])
    request = Request(order_no=order_no, lines=lines)
    if step.given["submit"]:
        require_free(world, request, lines.values())
    world.requests[step.id] = request
    if step.given["submit"]:
        _hold_anew(world, step.id, lines.values(), "UNDER_REVIEW")
        _hand_over(world, step.id, {no: line.units for no, line in lines.items()}, step.id)


def _wish(sku: str, order_line: str, quantity: int, reason: str, wanted: str | None) -> AskedLine:
    """`wanted` are other goods, as `POT`; `POT@990` says what one costs, `POT@?` that nobody knows;
    or it says that credit or a repair is wanted."""
    line = AskedLine(sku, order_line, _counted(quantity), reason, sold_sku=sku)
    if wanted in (AS_CREDIT, TO_REPAIR):
        line.as_credit, line.to_repair = wanted == AS_CREDIT, wanted == TO_REPAIR
    elif wanted is not None:
        line.wanted, _, price = wanted.partition("@")
        line.price = int(price) if price.isdecimal() else None
        line.is_even = not price
    return line


def _drafted(sale: Sale, wishes: Wishes, beside: Lines | None = None) -> Lines:
    """Entries for the same line and reason are one wish, made before anything is checked.

    They take the lowest numbers that lines `beside` them do not have.
    """
    numbers = _free_numbers(beside or {})
    together: dict[tuple[str, str, str | None], int] = {}
    for line_no, quantity, reason, wanted in wishes:
        wish = (line_no, reason, wanted)
        together[wish] = together.get(wish, 0) + quantity
    return {
        next(numbers): _wish(sale.lines[line_no].sku, line_no, quantity, reason, wanted)
        for (line_no, reason, wanted), quantity in together.items()
    }


def _free_numbers(lines: Lines) -> Iterator[str]:
    return (str(number) for number in counting(1) if str(number) not in lines)


def _counted(quantity: int) -> list[Unit]:
    """Units of a wish: which ones they are is chosen when it is submitted."""
    return [Unit(ordinal=number) for number in range(1, quantity + 1)]


def edit(world: World, step: Step) -> None:
    """A draft stays one, what was rejected becomes one; while a question is open units are held.

    Units that a change is not about stay where they are.
    """
    key = step.target
    request = world.requests[key]
    need(request, "edit")
    _no_appeal(request)
    wishes, has_question = step.given.get("wishes"), _has_question(request)
    if wishes is None:
        if not has_question:
            _set_apart(request)
            for line in _asking(request).values():
                line.units = _counted(len(line.units))
            request.is_evaluated = False
        return
    if request.was_submitted:
        _require_shipped(world, request, wishes)
    stays = _without_asked(request)
    new = _drafted(world.sales[str(request.order_no)], wishes, stays)
    if has_question:
        require_free(world, request, new.values())
        _let_go(world, key)
    request.lines = dict(sorted({**stays, **new}.items(), key=lambda one: int(one[0])))
    request.is_evaluated = has_question
    if has_question:
        _hold_anew(world, key, new.values(), "NEEDS_INFO")


def _require_shipped(world: World, request: Request, wishes: Wishes) -> None:
    """Who asks for more than before asks for it now: only what has left comes back."""
    there: Counter[str] = Counter()
    for line in _asking(request).values():
        there[str(line.order_line)] += sum(_is_asked(request, unit) for unit in line.units)
    wanted: Counter[str] = Counter()
    for line_no, quantity, *_ in wishes:
        wanted[line_no] += quantity
    lines = world.sales[str(request.order_no)].lines
    is_more = any(quantity > there[line_no] for line_no, quantity in wanted.items())
    if is_more and not all(lines[line_no].shipped for line_no in wanted):
        raise Refused("not_shipped")


def _has_question(request: Request) -> bool:
    return any(unit.authorization == "NEEDS_INFO" for unit in request.units)


def _is_asked(request: Request, unit: Unit) -> bool:
    """Whether a submission or a change is about this unit: in question, or else not taken back."""
    if _has_question(request):
        return unit.authorization == "NEEDS_INFO"
    return unit.authorization not in ("CANCELLED", "EXPIRED")


def _asking(request: Request) -> Lines:
    return {
        line_no: line
        for line_no, line in request.lines.items()
        if any(_is_asked(request, unit) for unit in line.units)
    }


def _without_asked(request: Request) -> Lines:
    """The lines with the units that a change is not about."""
    left = {}
    for line_no, line in request.lines.items():
        units = [unit for unit in line.units if not _is_asked(request, unit)]
        if units:
            left[line_no] = replace(line, units=units)
    return left


def _set_apart(request: Request) -> None:
    """What is asked for anew gets lines of its own, beside units of its line that had ended."""
    numbers = _free_numbers(request.lines)
    for line in list(_asking(request).values()):
        asked = [unit for unit in line.units if _is_asked(request, unit)]
        if len(asked) < len(line.units):
            line.units = [unit for unit in line.units if not _is_asked(request, unit)]
            request.lines[next(numbers)] = replace(line, units=asked, swaps=list(line.swaps))
    request.lines = dict(sorted(request.lines.items(), key=lambda one: int(one[0])))


def submit(world: World, step: Step) -> None:
    """All of it; or, while a question is open, the units that it is about, which are held."""
    key, request = step.target, world.requests[step.target]
    need(request, "submit")
    _no_appeal(request)
    if _has_question(request):
        _submit_answer(world, key, request, step.id)
        return
    require_free(world, request, _asking(request).values())
    _set_apart(request)
    lines = _asking(request)
    _hold_anew(world, key, lines.values(), "UNDER_REVIEW")
    _hand_over(world, key, {no: line.units for no, line in lines.items()}, step.id)


def _submit_answer(world: World, key: str, request: Request, step_id: str) -> None:
    units = {
        line_no: [unit for unit in line.units if unit.authorization == "NEEDS_INFO"]
        for line_no, line in request.lines.items()
    }
    for unit in (unit for part in units.values() for unit in part):
        unit.authorization = "UNDER_REVIEW"
    _hand_over(world, key, {no: part for no, part in units.items() if part}, step_id)


def _no_appeal(request: Request) -> None:
    if any(appeal.against == "rejection" for appeal in request.open_appeals):
        raise Refused("appeal_open")


def require_free(world: World, request: Request, lines: Iterable[AskedLine]) -> None:
    """All entries of a sold line together ask for no more than nobody else holds.

    Units that ended before are not asked for; wishes have none of those.
    """
    wanted: dict[str, int] = {}
    for line in lines:
        asked = [u for u in line.units if u.authorization not in ("CANCELLED", "EXPIRED")]
        wanted[str(line.order_line)] = wanted.get(str(line.order_line), 0) + len(asked)
    codes: list[str] = []
    for line_no, number in wanted.items():
        sold = world.sales[str(request.order_no)].lines[line_no]
        if not sold.shipped:
            codes.append("not_shipped")
        elif number > len(sold.free) + _in_question(world, request, sold):
            codes.append("not_returnable_quantity")
    if codes:
        raise Refused(*codes)


def _in_question(world: World, request: Request, sold: SoldLine) -> int:
    """Units of a sold line that the request holds because a question about them is open."""
    return sum(
        unit.authorization == "NEEDS_INFO"
        for line in request.lines.values()
        if world.line_of(request, line) is sold
        for unit in line.units
    )


def _let_go(world: World, key: str) -> None:
    """The units that a question is about, to be chosen anew."""
    units = [unit for unit in world.requests[key].units if unit.authorization == "NEEDS_INFO"]
    world.release(key, units)


def _hold_anew(world: World, key: str, lines: Iterable[AskedLine], stands: str) -> None:
    """The lowest free units of each line."""
    for line in lines:
        sold = world.line_of(world.requests[key], line)
        assert sold is not None, "only requests with a sale are submitted"
        numbers = sold.free[: len(line.units)]
        line.units = [Unit(ordinal=number, authorization=stands) for number in numbers]
        line.has_terms = True
        sold.held |= dict.fromkeys(numbers, key)


def _hand_over(world: World, key: str, units: dict[str, list[Unit]], step_id: str) -> None:
    """To a reviewer, unless the policy decides alone and can keep what it promises."""
    request = world.requests[key]
    request.is_evaluated = request.was_submitted = True
    if not world.sales[str(request.order_no)].decides_alone:
        return
    try:
        promise(world, key, units, step_id)
    except Refused:
        return
    for unit in (unit for part in units.values() for unit in part):
        unit.authorization, unit.logistics = "APPROVED", "AWAITING"


def request_info(world: World, step: Step) -> None:
    request = world.requests[step.target]
    need(request, "request-info")
    for unit in request.units:
        if unit.authorization in ("SUBMITTED", "UNDER_REVIEW"):
            unit.authorization = "NEEDS_INFO"
    request.reviewers.add(step.who)


def approve(world: World, step: Step) -> None:
    """So many units a line; the rest of what was pending on a named line is rejected."""
    request = world.requests[step.target]
    need(request, "approve")
    pending = {
        line_no: first([u for u in line.units if u.authorization in PENDING], len(line.units))
        for line_no, line in request.lines.items()
    }
    wanted = step.given.get("lines")
    if wanted is None:
        wanted = {line_no: len(units) for line_no, units in pending.items()}
    is_too_much = any(count > len(pending[line_no]) for line_no, count in wanted.items())
    if is_too_much or not any(pending[line_no] for line_no in wanted):
        raise Refused("quantity_not_pending")
    chosen = {line_no: pending[line_no][:count] for line_no, count in wanted.items()}
    promise(world, step.target, chosen, step.id, step.given.get("prices"))
    request.reviewers.add(step.who)
    rejected: list[Unit] = []
    for line_no, count in wanted.items():
        for unit in pending[line_no][:count]:
            unit.authorization, unit.logistics = "APPROVED", "AWAITING"
        rejected += pending[line_no][count:]
    for unit in rejected:
        unit.authorization = "REJECTED"
    world.release(step.target, rejected)


def reject(world: World, step: Step) -> None:
    request = world.requests[step.target]
    need(request, "reject")
    units = [unit for unit in request.units if unit.authorization in PENDING]
    request.reviewers.add(step.who)
    for unit in units:
        unit.authorization = "REJECTED"
    world.release(step.target, units)


def cancel(world: World, step: Step) -> None:
    """What is not decided, or approved and not yet sent; what is under way comes all the same."""
    request = world.requests[step.target]
    if not request.is_closed and not admits(request, "cancel"):
        is_sent = any(u.is_expected and u.logistics != "AWAITING" for u in request.units)
        is_sent = is_sent or admits(request, "ship-back")
        raise Refused("already_shipped" if is_sent else NOT_NOW)
    need(request, "cancel")
    lines = step.given.get("lines")
    if lines is None:
        units = [unit for unit in request.units if may_be_cancelled(unit)]
        units = unreplaced(world, request, units) or units
    else:
        units = _to_cancel(request, lines)
    end(world, step.target, units, "CANCELLED")


def _to_cancel(request: Request, lines: dict[str, int]) -> list[Unit]:
    """The last units of each line, those that nobody decided about first."""
    codes: list[str] = []
    units: list[Unit] = []
    for line_no, count in lines.items():
        line = request.lines[line_no]
        fit = [unit for unit in line.units if may_be_cancelled(unit)]
        if count > len(fit):
            is_sent = any(u.is_expected and u.logistics != "AWAITING" for u in line.units)
            codes.append("already_shipped" if is_sent else "fewer_units_fit")
        fit.sort(key=lambda unit: (unit.is_approved, -unit.ordinal))
        units += fit[:count]
    if codes:
        raise Refused(*codes)
    chosen = {id(unit) for unit in units}
    open_ones = [u for u in request.units if u.authorization in ("DRAFT", "NEEDS_INFO")]
    is_about = {id(unit) in chosen for unit in open_ones}
    if admits(request, "edit") and is_about == {True, False}:
        raise Refused("edit_instead")
    return units


def expire(world: World, step: Step) -> None:
    """What one deadline is about."""
    request = world.requests[step.target]
    need(request, "expire")
    kind = step.given["kind"]
    units = [
        unit
        for unit in request.units
        if (kind == "draft" and unit.authorization == "DRAFT")
        or (kind == "answer" and unit.authorization == "NEEDS_INFO")
        or (kind == "ship" and unit.is_approved and may_expire(unit))
    ]
    units = unreplaced(world, request, units)
    if not units:
        raise Refused("not_waited_for")
    end(world, step.target, units, "EXPIRED")


def end(world: World, key: str, units: list[Unit], how: str) -> None:
    """Over before anything came: free again, and remembered as once approved where it was."""
    request = world.requests[key]
    approved = [unit for unit in units if unit.is_approved]
    require_unsent(world, request, approved)
    world.release(key, [unit for unit in units if unit.authorization != "DRAFT"])
    for unit in units:
        if unit.is_approved:
            unit.logistics, unit.ended_after_approval, unit.credit = "NONE", True, None
        unit.authorization = how
    drop(world, request, approved)

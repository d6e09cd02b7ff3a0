"""Setting refusals of policy aside with a reason: facts stay facts, and somebody else approves.

What was not shipped, is no goods or is not left of an order cannot be overridden. What policy said
stays in the trace; the reason is words of a person and is kept on the return, in no event.
"""

from dataclasses import replace

from chalicelib.core.errors import FieldError, Invalid
from chalicelib.core.events import Context
from chalicelib.policy.verdict import Decision
from chalicelib.returns.approvals import Override
from chalicelib.returns.consenting import without_consents
from chalicelib.returns.model import Return
from chalicelib.returns.wishes import RequestReturn

_RULE = "override"


def check_override(command: RequestReturn) -> None:
    """Raises Invalid where no policy is asked: for a draft, or without an order."""
    if command.override is not None and (command.order_no is None or not command.submit):
        raise nothing_to_override()


def nothing_to_override() -> Invalid:
    """What who overrides is told where policy decides nothing."""
    message = "Policy decides where an order is named and the request is submitted, only there."
    fault = FieldError(pointer="/override", code="nothing_to_override", message=message)
    return Invalid("nothing_to_override", message, errors=[fault])


def filed(
    ret: Return, decision: Decision, reason: str | None, context: Context, *, is_answer: bool
) -> Return:
    """The return as it is submitted: by whom, with what was set aside, and with no consent yet.

    An answer to a question is about some units: what was overridden for the others still is.
    """
    override = ret.override if is_answer else None
    if reason is not None:
        override = Override(
            by=context.actor.id, at=context.now, reason=reason, codes=_set_aside(decision)
        )
    return replace(without_consents(ret), submitted_by=context.actor.id, override=override)


def _set_aside(decision: Decision) -> tuple[str, ...]:
    """The refusals of policy that do not count, once each."""
    codes: dict[str, None] = {}
    for line in decision.lines:
        for step in line.trace:
            said = step.facts.get("set_aside") if step.rule == _RULE else None
            if isinstance(said, list):
                codes.update(dict.fromkeys(str(one) for one in said))
    return tuple(codes)

"""The end of a document, and what follows for its goods: back again, or never left."""

from dataclasses import replace

from chalicelib.core.commands import Changes
from chalicelib.core.events import Context
from chalicelib.core.money import Money
from chalicelib.suppliers.claims import VendorClaim
from chalicelib.suppliers.documents import LIVE, RtvDocument, RtvState
from chalicelib.suppliers.facts import told_of_rtv
from chalicelib.suppliers.ports import VendorReader
from chalicelib.suppliers.waiting import all_unlisted, no_more_made_good, read_returns

_EVENTS = {
    RtvState.CREDITED: "rtv.credited",
    RtvState.REJECTED: "rtv.rejected",
    RtvState.WRITTEN_OFF: "rtv.written_off",
}


def closed(rtv: RtvDocument, state: RtvState, code: str | None, context: Context) -> RtvDocument:
    """The document in its last state, one version on."""
    return replace(
        rtv,
        state=state,
        closing_code=code,
        closed_at=context.now,
        closed_by=context.actor.id,
        updated_at=context.now,
        version=rtv.version + 1,
    )


def acknowledged(rtv: RtvDocument, claim: VendorClaim, context: Context) -> Changes:
    """The document once its claim was acknowledged; goods that left are still on their way."""
    if claim.acknowledged_at is None or rtv.acknowledged_at is not None or rtv.state not in LIVE:
        return Changes()
    is_first = rtv.state is RtvState.SENT
    rtv = replace(
        rtv,
        state=RtvState.ACKNOWLEDGED if is_first else rtv.state,
        acknowledged_at=claim.acknowledged_at,
        reference=claim.reference,
        updated_at=context.now,
        version=rtv.version + 1,
    )
    rtv, event = told_of_rtv(rtv, "rtv.acknowledged", context)
    return Changes(records=(rtv,), events=(event,))


def followed(
    reads: VendorReader, rtv: RtvDocument, context: Context, *, code: str | None, **facts: object
) -> tuple[RtvDocument, Changes]:
    """The document of a claim that moved on: `state` and `credited` are told by the claim.

    Goods that never left go on hold, so that somebody decides anew about them; credited, they are
    claimed no more, until that bounced and nothing came in its place.
    """
    after = replace(rtv, **facts, updated_at=context.now)  # type: ignore[arg-type]  # by name
    ends = rtv.state in LIVE and after.state not in LIVE
    if ends:
        after = closed(after, after.state, code, context)
    elif after.credited == rtv.credited and after.state is rtv.state:
        return rtv, Changes()
    else:
        after = replace(after, closing_code=code, version=rtv.version + 1)
    after, event = told_of_rtv(after, _event_of(rtv, after), context)
    changes = Changes(records=(after,), events=(event,))
    if ends and not rtv.has_left:
        returns = read_returns(reads, rtv.return_ids)
        is_paid = after.state is RtvState.CREDITED
        changes += all_unlisted(returns, rtv.subject, context, on_hold=True, made_good=is_paid)
    was_paid = rtv.state is RtvState.CREDITED and after.state is not RtvState.CREDITED
    if was_paid and not rtv.has_left:
        returns = read_returns(reads, rtv.return_ids)
        changes += no_more_made_good(reads, returns, rtv.units_of, rtv.subject, context)
    return after, changes


def _event_of(before: RtvDocument, after: RtvDocument) -> str:
    """What happened to a document; less than was credited before is no credit."""
    nothing = Money.zero(after.currency)
    if after.state is before.state and (after.credited or nothing) < (before.credited or nothing):
        return "rtv.credit_reversed"
    return _EVENTS[after.state]

"""Boxes with several returns, and pallets of boxes: what is in one, its arrival, its receipt."""

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.api import conditions
from chalicelib.api.answers import created, ok
from chalicelib.api.authorizer import PRIVATE
from chalicelib.api.boundary import always, endpoint
from chalicelib.api.call import Call
from chalicelib.api.schemas.goods import ReceiptBody
from chalicelib.api.schemas.parcels import ArrivalBody, ParcelBody, ParcelView, UnpackedView
from chalicelib.auth import permissions
from chalicelib.core.commands import Answer, Decided
from chalicelib.core.errors import NotFound
from chalicelib.returns.arriving import arrive
from chalicelib.returns.parcels import GroupedParcel, group, grouped, stack
from chalicelib.returns.unpacking import Unpacked, unpack
from chalicelib.store.reads import Reads

bp = Blueprint(__name__)


@bp.route("/parcels/{parcel_no}", methods=["PUT"], **PRIVATE)
@endpoint(
    bp,
    allow="parcels:write",
    body=ParcelBody,
    answer=ParcelView,
    idempotency="accepted",
)
def put_parcel(call: Call, body: ParcelBody, parcel_no: str) -> Answer:
    """Say which returns are in a box, or which boxes are on a pallet.

    Saying the same again changes nothing. A person who changes a box that is there already says by
    If-Match which version they looked at.
    """
    context = call.context()

    def decide(reads: Reads) -> Decided[GroupedParcel]:
        if body.parcels is not None:
            decided = stack(reads, parcel_no, body.parcels, context, warehouse=body.warehouse)
        else:
            decided = group(reads, parcel_no, body.returns or (), context)
        if decided.changes.records and decided.result.parcel.version > 1:
            conditions.must_name_version(call)
        return decided

    return wiring.commands().answer(
        decide,
        context=context,
        render=lambda box: ok(ParcelView.of(box), version=box.parcel.version),
        idempotency=call.idempotency,
    )


@bp.route("/parcels/{parcel_no}", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="parcels:read", answer=ParcelView)
def read_parcel(parcel_no: str) -> Answer:
    """Read which returns are in a box or on a pallet, and how each of them stands.

    The box's version is in the body; there is no tag, as the returns move on without their box.
    """
    box = grouped(wiring.reads(), parcel_no)
    if box is None:
        raise NotFound("parcel_not_found", f"There is no parcel {parcel_no}.")
    return ok(ParcelView.of(box))


@bp.route("/parcels/{parcel_no}/receipts", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="returns:receive",
    body=ReceiptBody,
    answer=UnpackedView,
    status=201,
    idempotency="required",
    if_match=always,
)
def receive_parcel(call: Call, body: ReceiptBody, parcel_no: str) -> Answer:
    """Book what was counted in a box, into the returns that wait for it.

    Serials go to the return that knows them, other goods to the first that waits for them; what
    nobody waits for is surplus of the first. All of it is booked, or nothing. The version is the
    box's.
    """
    permissions.act_in(call.principal, body.warehouse, "returns:receive")
    context = call.context()

    def decide(reads: Reads) -> Decided[Unpacked]:
        return unpack(reads, parcel_no, body.to_domain(), context)

    return wiring.commands().answer(
        decide,
        context=context,
        render=lambda done: created(UnpackedView.of(done), version=done.box.parcel.version),
        idempotency=call.idempotency,
    )


@bp.route("/parcels/{parcel_no}/arrivals", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="parcels:arrive",
    body=ArrivalBody,
    answer=ParcelView,
    idempotency="accepted",
    if_match=always,
)
def arrive_parcel(call: Call, body: ArrivalBody, parcel_no: str) -> Answer:
    """Say that a box or a pallet came in at the door; nothing of it is counted yet.

    Saying it again changes nothing. The version is the box's.
    """
    permissions.act_in(call.principal, body.warehouse, "parcels:arrive")
    context = call.context()
    return wiring.commands().answer(
        lambda reads: arrive(reads, parcel_no, body.to_domain(), context),
        context=context,
        render=lambda box: ok(ParcelView.of(box), version=box.parcel.version),
        idempotency=call.idempotency,
    )

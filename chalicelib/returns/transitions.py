"""The transition table: which command moves which units, on which axis, from where to where.

`TRANSITIONS` is the whole of it. Commands ask it through lifecycle.py, answers list from it what is
allowed, and docs/domain.md draws it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from chalicelib.returns.model import (
    Authorization,
    Disposition,
    InspectionResult,
    Logistics,
    UnitGroup,
)
from chalicelib.returns.units import ON_THE_WAY, PENDING
from chalicelib.settlement.model import SettlementState


class Command(StrEnum):
    EDIT = "edit"
    SUBMIT = "submit"
    REQUEST_INFO = "request-info"
    APPROVE = "approve"
    REJECT = "reject"
    CANCEL = "cancel"
    EXPIRE = "expire"
    SHIP = "ship"
    ARRIVE = "arrive"
    RECEIVE = "receive"
    MARK_LOST = "mark-lost"
    SHORT_CLOSE = "short-close"
    REFUSE = "refuse"
    INSPECT = "inspect"
    REINSPECT = "reinspect"
    DISPOSE = "dispose"
    REVERSE_DISPOSITION = "reverse-disposition"
    SHIP_BACK = "ship-back"
    REPAIR = "repair"
    NOT_REPAIRABLE = "not-repairable"
    SETTLE = "settle"
    RETRY_SETTLEMENT = "retry-settlement"
    CONFIRM_SETTLEMENT = "confirm-settlement"
    APPROVE_SETTLEMENT = "approve-settlement"
    PAY_OTHERWISE = "pay-otherwise"
    WRITE_OFF = "write-off"
    REVERSE_SETTLEMENT = "reverse-settlement"
    WITHDRAW_CREDIT = "withdraw-credit"
    APPEAL = "appeal"
    DECIDE_APPEAL = "decide-appeal"
    REOPEN = "reopen"
    CLOSE = "close"


class Axis(StrEnum):
    """The axes of a unit, by the name of their field."""

    AUTHORIZATION = "authorization"
    LOGISTICS = "logistics"
    INSPECTION = "inspection"
    DISPOSITION = "disposition"
    SETTLEMENT = "settlement"
    CREDIT = "credit"


States = frozenset[object]
"""States of one axis; None is "no disposition yet", and a credit is True, False or None."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """One command moves units on one axis from `origins` to `targets`.

    `where` is what must hold on other axes. `whole`: only if every unit of the return fits, but
    for those that were cancelled or expired, which stay as they are.
    `is_open_to_closed`: also on a completed return, which the command reopens or leaves as it is.
    A transition without targets moves no unit: it starts or ends something about them.
    """

    command: Command
    axis: Axis
    origins: States
    targets: States = frozenset()
    where: Mapping[Axis, States] = field(default_factory=dict)
    whole: bool = False
    is_open_to_closed: bool = False

    def fits(self, group: UnitGroup) -> bool:
        """Whether the command may act on these units."""
        return getattr(group, self.axis) in self.origins and all(
            getattr(group, axis) in states for axis, states in self.where.items()
        )


def _of(*states: object) -> States:
    return frozenset(states)


_A, _L, _I, _D, _S = Authorization, Logistics, InspectionResult, Disposition, SettlementState
_APPROVED: Mapping[Axis, States] = {Axis.AUTHORIZATION: _of(_A.APPROVED)}
_HERE: Mapping[Axis, States] = {Axis.LOGISTICS: _of(_L.RECEIVED)}
_UNPAID: Mapping[Axis, States] = {Axis.SETTLEMENT: _of(_S.NONE)}
_SEEN = _of(_I.PASSED, _I.FAILED)
_WITH_US = _of(None, _D.HOLD, _D.RESTOCK, _D.REPACK, _D.REPAIR, _D.REFURBISH)
_GONE = _of(_D.RTV, _D.SCRAP, _D.DONATE)
_UNDECIDED = _of(None, _D.HOLD)
_TAKEN_BACK = _of(_D.RESTOCK, _D.REPACK, _D.REPAIR, _D.REFURBISH, _D.RTV)
"""Dispositions that can be taken back: the goods are still somewhere in the house."""
_NOT_WITH_CUSTOMER = frozenset(_L) - _of(_L.NONE, _L.SHORT_CLOSED, _L.REFUSED)
_GOODS_GO = frozenset(Disposition) - {_D.KEPT_BY_CUSTOMER}

TRANSITIONS: tuple[Transition, ...] = (
    Transition(
        command=Command.EDIT,
        axis=Axis.AUTHORIZATION,
        origins=_of(_A.DRAFT, _A.REJECTED),
        targets=_of(_A.DRAFT),
        whole=True,
    ),
    Transition(
        command=Command.EDIT,
        axis=Axis.AUTHORIZATION,
        origins=_of(_A.NEEDS_INFO),
        targets=_of(_A.NEEDS_INFO),
    ),
    Transition(
        command=Command.SUBMIT,
        axis=Axis.AUTHORIZATION,
        origins=_of(_A.DRAFT, _A.REJECTED),
        targets=_of(_A.UNDER_REVIEW, _A.APPROVED),
        whole=True,
    ),
    Transition(
        command=Command.SUBMIT,
        axis=Axis.AUTHORIZATION,
        origins=_of(_A.NEEDS_INFO),
        targets=_of(_A.UNDER_REVIEW, _A.APPROVED),
    ),
    Transition(
        command=Command.REQUEST_INFO,
        axis=Axis.AUTHORIZATION,
        origins=_of(_A.SUBMITTED, _A.UNDER_REVIEW),
        targets=_of(_A.NEEDS_INFO),
    ),
    Transition(
        command=Command.APPROVE,
        axis=Axis.AUTHORIZATION,
        origins=frozenset(PENDING),
        targets=_of(_A.APPROVED, _A.REJECTED),
    ),
    Transition(
        command=Command.REJECT,
        axis=Axis.AUTHORIZATION,
        origins=frozenset(PENDING),
        targets=_of(_A.REJECTED),
    ),
    Transition(
        command=Command.CANCEL,
        axis=Axis.AUTHORIZATION,
        origins=frozenset(PENDING | {_A.DRAFT}),
        targets=_of(_A.CANCELLED),
    ),
    Transition(
        command=Command.CANCEL,
        axis=Axis.AUTHORIZATION,
        origins=_of(_A.APPROVED),
        targets=_of(_A.CANCELLED),
        where={**_UNPAID, Axis.LOGISTICS: _of(_L.AWAITING)},
    ),
    Transition(
        command=Command.EXPIRE,
        axis=Axis.AUTHORIZATION,
        origins=_of(_A.DRAFT, _A.NEEDS_INFO),
        targets=_of(_A.EXPIRED),
    ),
    Transition(
        command=Command.EXPIRE,
        axis=Axis.AUTHORIZATION,
        origins=_of(_A.APPROVED),
        targets=_of(_A.EXPIRED),
        where={**_UNPAID, Axis.LOGISTICS: _of(_L.AWAITING)},
    ),
    Transition(
        command=Command.SHIP,
        axis=Axis.LOGISTICS,
        origins=_of(_L.AWAITING),
        targets=_of(_L.IN_TRANSIT),
        where=_APPROVED,
    ),
    Transition(
        command=Command.ARRIVE,
        axis=Axis.LOGISTICS,
        origins=_of(_L.AWAITING, _L.IN_TRANSIT),
        targets=_of(_L.ARRIVED),
        where=_APPROVED,
    ),
    Transition(
        command=Command.RECEIVE,
        axis=Axis.LOGISTICS,
        origins=frozenset(ON_THE_WAY | {_L.LOST}),
        targets=_of(_L.RECEIVED),
        where=_APPROVED,
        is_open_to_closed=True,
    ),
    Transition(
        command=Command.MARK_LOST,
        axis=Axis.LOGISTICS,
        origins=frozenset(ON_THE_WAY),
        targets=_of(_L.LOST),
        where=_APPROVED,
    ),
    Transition(
        command=Command.MARK_LOST,
        axis=Axis.LOGISTICS,
        origins=_of(_L.LOST),
        targets=_of(_L.LOST),
        where={**_APPROVED, **_UNPAID},
        is_open_to_closed=True,
    ),
    Transition(
        command=Command.SHORT_CLOSE,
        axis=Axis.LOGISTICS,
        origins=frozenset(ON_THE_WAY),
        targets=_of(_L.SHORT_CLOSED),
        where={**_APPROVED, **_UNPAID},
    ),
    Transition(
        command=Command.REFUSE,
        axis=Axis.LOGISTICS,
        origins=frozenset(ON_THE_WAY),
        targets=_of(_L.REFUSED),
        where={**_APPROVED, **_UNPAID},
    ),
    Transition(
        command=Command.INSPECT,
        axis=Axis.INSPECTION,
        origins=_of(_I.PENDING, _I.NEEDS_REINSPECTION),
        targets=_SEEN,
        where={**_HERE, Axis.DISPOSITION: _of(None)},
    ),
    Transition(
        command=Command.REINSPECT,
        axis=Axis.INSPECTION,
        origins=_SEEN,
        targets=_of(_I.NEEDS_REINSPECTION),
        where={**_HERE, **_UNPAID, Axis.DISPOSITION: _WITH_US},
    ),
    Transition(
        command=Command.DISPOSE,
        axis=Axis.DISPOSITION,
        origins=_UNDECIDED,
        targets=_GOODS_GO,
        where={**_HERE, Axis.INSPECTION: _SEEN},
    ),
    Transition(
        command=Command.REVERSE_DISPOSITION,
        axis=Axis.DISPOSITION,
        origins=_TAKEN_BACK,
        targets=_of(_D.HOLD),
        where=_HERE,
        is_open_to_closed=True,
    ),
    Transition(
        command=Command.SHIP_BACK,
        axis=Axis.DISPOSITION,
        origins=_UNDECIDED,
        targets=_of(_D.SHIP_BACK),
        where={**_HERE, **_UNPAID},
    ),
    Transition(
        command=Command.REPAIR,
        axis=Axis.DISPOSITION,
        origins=_of(_D.REPAIR),
        targets=_of(_D.SHIP_BACK),
        where={**_HERE, **_UNPAID, Axis.CREDIT: _of(True)},
    ),
    Transition(
        command=Command.NOT_REPAIRABLE,
        axis=Axis.SETTLEMENT,
        origins=_of(_S.NONE),
        where={**_APPROVED, Axis.LOGISTICS: _NOT_WITH_CUSTOMER, Axis.CREDIT: _of(None, True)},
    ),
    Transition(
        command=Command.SETTLE,
        axis=Axis.SETTLEMENT,
        origins=_of(_S.NONE),
        targets=_of(_S.QUOTED, _S.PROCESSING, _S.PARTIAL, _S.SETTLED, _S.FAILED, _S.MANUAL),
        where={Axis.CREDIT: _of(True)},
    ),
    Transition(
        command=Command.RETRY_SETTLEMENT,
        axis=Axis.SETTLEMENT,
        origins=_of(_S.PROCESSING, _S.PARTIAL, _S.FAILED, _S.MANUAL),
        targets=_of(_S.QUOTED, _S.PROCESSING, _S.PARTIAL, _S.SETTLED, _S.FAILED, _S.MANUAL),
    ),
    Transition(
        command=Command.CONFIRM_SETTLEMENT,
        axis=Axis.SETTLEMENT,
        origins=_of(_S.MANUAL, _S.PARTIAL),
        targets=_of(_S.PARTIAL, _S.SETTLED),
    ),
    Transition(
        command=Command.APPROVE_SETTLEMENT,
        axis=Axis.SETTLEMENT,
        origins=_of(_S.QUOTED),
        targets=_of(_S.PROCESSING, _S.PARTIAL, _S.SETTLED, _S.FAILED, _S.MANUAL),
    ),
    Transition(
        command=Command.PAY_OTHERWISE,
        axis=Axis.SETTLEMENT,
        origins=_of(_S.PARTIAL, _S.FAILED, _S.MANUAL),
        targets=_of(_S.QUOTED, _S.PARTIAL, _S.MANUAL),
    ),
    Transition(
        command=Command.WRITE_OFF,
        axis=Axis.SETTLEMENT,
        origins=_of(_S.PARTIAL, _S.FAILED, _S.MANUAL),
        targets=_of(_S.PARTIAL, _S.FAILED, _S.MANUAL, _S.SETTLED),
    ),
    Transition(
        command=Command.REVERSE_SETTLEMENT,
        axis=Axis.SETTLEMENT,
        origins=_of(_S.QUOTED, _S.FAILED, _S.MANUAL),
        targets=_of(_S.NONE),
    ),
    Transition(
        command=Command.WITHDRAW_CREDIT,
        axis=Axis.SETTLEMENT,
        origins=_of(_S.SETTLED, _S.PARTIAL),
        targets=_of(_S.PARTIAL, _S.FAILED, _S.MANUAL),
        is_open_to_closed=True,
    ),
    Transition(
        command=Command.APPEAL,
        axis=Axis.AUTHORIZATION,
        origins=_of(_A.REJECTED),
        is_open_to_closed=True,
    ),
    Transition(
        command=Command.APPEAL,
        axis=Axis.CREDIT,
        origins=_of(False),
        where={**_UNPAID, Axis.INSPECTION: _SEEN, Axis.DISPOSITION: _WITH_US | _GONE},
        is_open_to_closed=True,
    ),
    Transition(
        command=Command.APPEAL,
        axis=Axis.SETTLEMENT,
        origins=_of(_S.SETTLED, _S.PARTIAL),
        is_open_to_closed=True,
    ),
    Transition(
        command=Command.DECIDE_APPEAL,
        axis=Axis.AUTHORIZATION,
        origins=_of(_A.REJECTED),
        targets=_of(_A.APPROVED),
        is_open_to_closed=True,
    ),
    Transition(
        command=Command.DECIDE_APPEAL,
        axis=Axis.INSPECTION,
        origins=_SEEN,
        targets=_of(_I.NEEDS_REINSPECTION),
        is_open_to_closed=True,
    ),
    Transition(
        command=Command.DECIDE_APPEAL,
        axis=Axis.CREDIT,
        origins=_of(False),
        targets=_of(True),
        where={**_UNPAID, Axis.INSPECTION: _SEEN, Axis.DISPOSITION: _GONE},
        is_open_to_closed=True,
    ),
    Transition(
        command=Command.REOPEN,
        axis=Axis.AUTHORIZATION,
        origins=_of(_A.CANCELLED, _A.EXPIRED),
        targets=_of(_A.UNDER_REVIEW, _A.APPROVED),
        is_open_to_closed=True,
    ),
    Transition(
        command=Command.REOPEN,
        axis=Axis.LOGISTICS,
        origins=_of(_L.SHORT_CLOSED),
        targets=_of(_L.AWAITING),
        where=_APPROVED,
        is_open_to_closed=True,
    ),
)

"""Which notices a return, or a pallet, asks for: made, said anew or called off by what it is now.

It follows the return as it is stored, never an event: so events may come twice, late or in any
order. Which notices name a return, or are of a pallet, is kept beside them (`NoticesOf`): a return
that goes elsewhere is called off where it was announced, and a pallet's notice follows each of the
returns on it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from chalicelib.core.commands import Changes, Decided
from chalicelib.core.events import Context, Journal, Json
from chalicelib.notices.announcing import announced, expected_on, is_coming, parcels
from chalicelib.notices.model import (
    OVER,
    AdvanceNotice,
    NoticesOf,
    NoticeState,
    notice_id_for,
)
from chalicelib.notices.partners import Partner
from chalicelib.returns.model import Return
from chalicelib.returns.parcels import ParcelReader, grouped


class NoticeReader(ParcelReader, Protocol):
    """What notices are made of."""

    def partner(self, warehouse: str) -> Partner | None: ...

    def notice(self, notice_id: str) -> AdvanceNotice | None: ...

    def notices_of(self, subjects: Sequence[str]) -> dict[str, NoticesOf]: ...


def prepare_for_return(
    reads: NoticeReader, return_id: str, context: Context
) -> Decided[tuple[AdvanceNotice, ...]]:
    """The notices that name a return, as they should be now."""
    ret = reads.return_(return_id)
    if ret is None:
        return Decided(result=())
    work = _Work(reads=reads, context=context)
    work.know([ret.subject])
    for pallet_no in work.links[ret.subject].pallets:
        _, on_it = work.bring_up_pallet(pallet_no)
        is_off = ret.return_id not in {one.return_id for one in on_it}
        if is_off and not work.is_untold(pallet_no):
            work.unlink(ret, pallet_no)
    work.bring_up(ret)
    return work.decided()


def prepare_for_pallet(
    reads: NoticeReader, pallet_no: str, context: Context
) -> Decided[tuple[AdvanceNotice, ...]]:
    """The notice of a pallet with all returns on it; those of the returns are called off for it.

    A return that was taken off it is announced by itself again.
    """
    work = _Work(reads=reads, context=context)
    work.bring_up_all(pallet_no)
    return work.decided()


def facts(notice: AdvanceNotice) -> dict[str, Json]:
    """What events say of a notice."""
    return {
        "notice_id": notice.notice_id,
        "warehouse": notice.warehouse,
        "state": notice.state.value,
        "revision": notice.revision,
        "pallet_no": notice.pallet_no,
        "return_ids": [ret.return_id for ret in notice.returns],
        "units": notice.units,
        "expected_on": notice.expected_on.isoformat() if notice.expected_on else None,
        "tallies": [
            {
                "return_number": one.return_number,
                "sku": one.sku,
                "announced": one.announced,
                "received": one.received,
                "damaged": one.damaged,
            }
            for one in notice.tallies
        ],
    }


def told(notice: AdvanceNotice, event_type: str, context: Context) -> tuple[AdvanceNotice, Changes]:
    """The notice with one more event, and its write."""
    journal = Journal(notice.subject, notice.chain, context)
    journal.record(event_type, facts(notice))
    notice = replace(notice, chain=journal.chain)
    return notice, Changes(records=(notice,), events=tuple(journal.events))


@dataclass(slots=True)
class _Work:
    """One command's notices and links, each brought up to date at most once."""

    reads: NoticeReader
    context: Context
    notices: dict[str, AdvanceNotice] = field(default_factory=dict)
    changes: Changes = field(default_factory=Changes)
    links: dict[str, NoticesOf] = field(default_factory=dict)
    _stored: dict[str, NoticesOf] = field(default_factory=dict)
    _read: dict[str, AdvanceNotice | None] = field(default_factory=dict)

    def know(self, subjects: Iterable[str]) -> None:
        new = [one for one in dict.fromkeys(subjects) if one not in self.links]
        if new:
            found = self.reads.notices_of(new)
            self._stored |= found
            self.links |= {one: found.get(one) or NoticesOf(subject=one) for one in new}

    def bring_up_pallet(self, pallet_no: str) -> tuple[frozenset[str], tuple[Return, ...]]:
        """A pallet's notice; which returns it named, and those that are on the pallet now."""
        box = grouped(self.reads, pallet_no)
        if box is None:
            return frozenset(), ()
        subject = box.parcel.subject
        # Whoever says that the number is a box's has taken the pallet apart.
        warehouse = box.parcel.warehouse if box.parcel.is_pallet else None
        self.know([subject])
        before = self._pallet_notices(subject, pallet_no)
        for one in before:
            if one.warehouse != warehouse:
                self._call_off(one)
        if warehouse is not None:
            wanted = AdvanceNotice(
                notice_id=notice_id_for(warehouse, pallet_no=pallet_no),
                warehouse=warehouse,
                pallet_no=pallet_no,
                returns=announced(box.returns, warehouse),
                parcels=parcels(box.returns),
                expected_on=expected_on(box.returns),
                prepared_at=self.context.now,
            )
            self._bring_up(wanted, subject, box.returns)
        named = frozenset(one for notice in before for one in _return_ids(notice))
        return named, box.returns if warehouse is not None else ()

    def bring_up_all(self, pallet_no: str) -> None:
        """A pallet's notice, and the own ones of all returns that are on it or were."""
        named, on_it = self.bring_up_pallet(pallet_no)
        subject = f"parcel/{pallet_no}"
        self.know([subject])
        gone = named.union(self.links[subject].taken_off) - {ret.return_id for ret in on_it}
        others = self.reads.returns_of(sorted(gone))
        self.know(ret.subject for ret in (*on_it, *others))
        is_told = any(one.pallet_no == pallet_no for one in self.notices.values())
        for ret in on_it:
            if is_told:
                self._link(ret.subject, pallet_no=pallet_no)
            self.bring_up(ret)
        for ret in others:
            self.unlink(ret, pallet_no)
            self.bring_up(ret)
        # Where the partner does not answer, the same is asked again: then no notice names them.
        untold = {one for notice in self._untold(None) for one in _return_ids(notice)}
        taken_off = tuple(ret.return_id for ret in others if ret.return_id in untold)
        self.links[subject] = replace(self.links[subject], taken_off=taken_off)

    def is_untold(self, pallet_no: str) -> bool:
        """Whether the partner is still to be told of the pallet."""
        return bool(self._untold(pallet_no))

    def unlink(self, ret: Return, pallet_no: str) -> None:
        """The return is not on the pallet any more."""
        link = self.links[ret.subject]
        left = tuple(one for one in link.pallets if one != pallet_no)
        self.links[ret.subject] = replace(link, pallets=left)

    def bring_up(self, ret: Return) -> None:
        """A return's own notice: where it goes, unless a pallet's names it; and nowhere else."""
        link = self.links[ret.subject]
        is_on_pallet = self._is_on_pallet(ret, link)
        for warehouse in link.warehouses:
            if warehouse != ret.warehouse or is_on_pallet:
                own = self._notice(notice_id_for(warehouse, return_id=ret.return_id))
                if own is not None:
                    self._call_off(own)
        if ret.warehouse is None or is_on_pallet:
            return
        wanted = AdvanceNotice(
            notice_id=notice_id_for(ret.warehouse, return_id=ret.return_id),
            warehouse=ret.warehouse,
            returns=announced([ret], ret.warehouse),
            parcels=parcels([ret]),
            expected_on=expected_on([ret]),
            prepared_at=self.context.now,
        )
        self._bring_up(wanted, ret.subject, [ret])

    def decided(self) -> Decided[tuple[AdvanceNotice, ...]]:
        """All that was brought up to date, and the write of what is new in it."""
        changed = tuple(
            replace(link, version=link.version + 1 if one in self._stored else 1)
            for one, link in self.links.items()
            if link != self._stored.get(one, NoticesOf(subject=one))
        )
        return Decided(
            result=tuple(self.notices.values()), changes=self.changes + Changes(records=changed)
        )

    def _untold(self, pallet_no: str | None) -> list[AdvanceNotice]:
        """Of the pallet; None: of returns by themselves."""
        found = self.notices.values()
        return [one for one in found if one.pallet_no == pallet_no and one.is_to_be_sent]

    def _call_off(self, notice: AdvanceNotice) -> None:
        """Once; and until its partner was told, it is among those that are to be sent."""
        if notice.state not in OVER:
            self._put(*_called_off(notice, self.context))
        elif notice.is_to_be_sent:
            self._put(notice, Changes())

    def _notice(self, notice_id: str) -> AdvanceNotice | None:
        """As it is stored; the same one is asked for by each return on a pallet."""
        if notice_id not in self._read:
            self._read[notice_id] = self.reads.notice(notice_id)
        return self._read[notice_id]

    def _pallet_notices(self, subject: str, pallet_no: str) -> list[AdvanceNotice]:
        ids = [notice_id_for(w, pallet_no=pallet_no) for w in self.links[subject].warehouses]
        return [one for name in ids if (one := self._notice(name)) is not None]

    def _is_on_pallet(self, ret: Return, link: NoticesOf) -> bool:
        """Whether a pallet's notice that goes on names the return."""
        self.know(f"parcel/{pallet_no}" for pallet_no in link.pallets)
        found = [
            self.notices.get(one.notice_id, one)
            for pallet_no in link.pallets
            for one in self._pallet_notices(f"parcel/{pallet_no}", pallet_no)
        ]
        found += self.notices.values()
        return any(
            one.pallet_no in link.pallets
            and one.state is not NoticeState.CANCELLED
            and ret.return_id in _return_ids(one)
            for one in found
        )

    def _bring_up(self, wanted: AdvanceNotice, subject: str, returns: Sequence[Return]) -> None:
        before = self._notice(wanted.notice_id)
        is_known = wanted.warehouse in self.links[subject].warehouses
        may_revive = is_known and is_coming(returns)
        after, changes = _brought_up(self.reads, before, wanted, may_revive, self.context)
        if after is None:
            return
        self._put(after, changes)
        if after.state not in OVER:
            self._link(subject, warehouse=wanted.warehouse)

    def _put(self, notice: AdvanceNotice, changes: Changes) -> None:
        self.notices[notice.notice_id] = notice
        self.changes += changes

    def _link(
        self, subject: str, *, warehouse: str | None = None, pallet_no: str | None = None
    ) -> None:
        link = self.links[subject]
        if warehouse is not None and warehouse not in link.warehouses:
            link = replace(link, warehouses=(*link.warehouses, warehouse))
        if pallet_no is not None and pallet_no not in link.pallets:
            link = replace(link, pallets=(*link.pallets, pallet_no))
        self.links[subject] = link


def _brought_up(
    reads: NoticeReader,
    before: AdvanceNotice | None,
    wanted: AdvanceNotice,
    may_revive: bool,
    context: Context,
) -> tuple[AdvanceNotice | None, Changes]:
    """The notice that is wanted, over the one that is stored.

    What was called off is announced again where `may_revive`: goods come again, and it is known
    that no pallet's notice stands for it (of notices of before that was kept, it is not).
    """
    if before is None:
        partner = reads.partner(wanted.warehouse)
        if partner is None or not partner.is_on or not wanted.returns:
            return None, Changes()
        return told(wanted, "notice.prepared", context)
    is_again = before.state is NoticeState.CANCELLED and may_revive and bool(wanted.returns)
    if not is_again and (before.state in OVER or not _is_news(before, wanted)):
        return before, Changes()
    if not wanted.returns:
        return _called_off(before, context)
    after = replace(
        before,
        returns=wanted.returns,
        parcels=wanted.parcels,
        expected_on=wanted.expected_on,
        state=NoticeState.PREPARED,
        revision=before.revision + 1,
        tries=0,
        fault=None,
        cancelled_at=None,
        version=before.version + 1,
    )
    return told(after, "notice.replaced", context)


def _called_off(before: AdvanceNotice, context: Context) -> tuple[AdvanceNotice, Changes]:
    """What was announced stays readable. Who cannot have heard of it is not told that it is over.

    One that did not answer in time may have heard of it.
    """
    revision = before.revision + 1
    is_unheard = not before.sent_revision and not before.tries and before.revision == 1
    after = replace(
        before,
        state=NoticeState.CANCELLED,
        cancelled_at=context.now,
        revision=revision,
        sent_revision=revision if is_unheard else before.sent_revision,
        tries=0,
        fault=None,
        version=before.version + 1,
    )
    return told(after, "notice.cancelled", context)


def _is_news(before: AdvanceNotice, wanted: AdvanceNotice) -> bool:
    """Other goods, other parcels, or another day; that no day is known any more is none."""
    if (before.returns, before.parcels) != (wanted.returns, wanted.parcels):
        return True
    return wanted.expected_on not in (None, before.expected_on)


def _return_ids(notice: AdvanceNotice) -> frozenset[str]:
    return frozenset(ret.return_id for ret in notice.returns)

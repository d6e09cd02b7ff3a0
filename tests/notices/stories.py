"""A shop whose warehouse is run by a partner, in one line."""

from chalicelib.core.commands import Decided
from chalicelib.core.events import Context
from chalicelib.notices.confirming import Confirm, confirm
from chalicelib.notices.model import AdvanceNotice, Confirmation, ConfirmationKind, ConfirmedItem
from chalicelib.notices.partners import Partner, SetUp, set_up
from chalicelib.notices.preparing import prepare_for_return
from chalicelib.notices.sending import PartnerAnswer, Told, record_answer
from chalicelib.returns import ending
from chalicelib.returns.model import Return
from chalicelib.returns.parcels import group
from chalicelib.returns.receiving import ReceivedItem
from tests.builders import Shop, line, order, wish
from tests.fake_reads import Reader

PARTNER = SetUp(endpoint="https://wms.example.com/notices", secret="wms")


def with_partner(shop: Shop, warehouse: str = "A", command: SetUp = PARTNER) -> Partner:
    return shop.do(lambda reads, context: set_up(reads, warehouse, command, context))


def coming(shop: Shop, quantity: int = 2, *, no: str = "O-1") -> Return:
    """An approved return of so many units, bound for warehouse A."""
    shop.sells(order(line(quantity=quantity), no=no))
    return shop.approves(shop.asks(no, wish(quantity)))


def prepares(shop: Shop, ret: Return) -> AdvanceNotice | None:
    def decide(reads: Reader, context: Context) -> Decided[tuple[AdvanceNotice, ...]]:
        return prepare_for_return(reads, ret.return_id, context)

    notices = shop.do(decide)
    return notices[0] if notices else None


def answered(
    shop: Shop, notice: AdvanceNotice, answer: PartnerAnswer = PartnerAnswer.TAKEN
) -> AdvanceNotice:
    told = Told(answer=answer, fault=None if answer is PartnerAnswer.TAKEN else "timeout")
    after = shop.do(
        lambda reads, context: record_answer(
            reads, notice.notice_id, notice.revision, told, context
        )
    )
    assert after is not None, "notices do not vanish"
    return after


def confirmed(
    shop: Shop,
    notice: AdvanceNotice,
    *items: ConfirmedItem,
    key: str = "c-1",
    kind: ConfirmationKind = ConfirmationKind.RECEIVED,
    final: bool = True,
) -> Confirmation:
    command = Confirm(confirmation_id=key, kind=kind, items=items, is_final=final)
    return shop.do(lambda reads, context: confirm(reads, notice.notice_id, command, context))


def came(
    quantity: int, *, sku: str = "SKU-1", number: str | None = None, damaged: int = 0
) -> ConfirmedItem:
    goods = ReceivedItem(sku=sku, quantity=quantity)
    return ConfirmedItem(item=goods, return_number=number, damaged=damaged)


def now(shop: Shop, notice: AdvanceNotice) -> AdvanceNotice:
    stored = shop.store.reads().notice(notice.notice_id)
    assert stored is not None, "notices do not vanish"
    return stored


def boxed(shop: Shop, box: str, *returns: Return) -> None:
    names = tuple(ret.number for ret in returns)
    shop.do(lambda reads, context: group(reads, box, names, context))


def cancels(shop: Shop, ret: Return) -> Return:
    command = ending.Cancel(reason="DUPLICATE")
    return shop.do(lambda reads, context: ending.cancel(reads, ret.return_id, command, context))

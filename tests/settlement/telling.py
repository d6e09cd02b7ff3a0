"""A provider that pays, is asked, and tells: what is true of it, apart from what was said when."""

from dataclasses import dataclass, field, replace
from itertools import count

from chalicelib.core.events import Actor, Context
from chalicelib.core.ids import derived_id
from chalicelib.core.money import Money
from chalicelib.ledger.agreement import ListedRefund
from chalicelib.returns.model import Return
from chalicelib.settlement.model import Leg
from chalicelib.settlement.news import (
    DisputeFound,
    DisputeNews,
    DisputeStage,
    DisputeStanding,
    News,
    PaymentNews,
    RefundNews,
)
from chalicelib.settlement.news_desk import NewsDesk
from chalicelib.settlement.ports import RefundOutcome, RefundState
from tests.builders import NOW, Shop, eur, line, order, payment
from tests.fakes import FakeProvider

REF = "pay-of-card"
_STAGES = {
    DisputeStanding.INQUIRED: DisputeStage.INQUIRED,
    DisputeStanding.CLOSED: DisputeStage.INQUIRY_CLOSED,
    DisputeStanding.OPEN: DisputeStage.OPENED,
    DisputeStanding.WON: DisputeStage.WON,
    DisputeStanding.LOST: DisputeStage.LOST,
}


@dataclass(slots=True)
class TellingProvider(FakeProvider):
    """Every change of the truth makes news; `is_away`: it cannot be asked."""

    signature_header: str = "x-payment-signature"
    elsewhere: list[ListedRefund] = field(default_factory=list)
    disputes: dict[str, DisputeFound] = field(default_factory=dict)
    news: list[News] = field(default_factory=list)
    is_away: bool = False
    numbers: "count[int]" = field(default_factory=count)

    def news_in(self, body: bytes) -> News | None:
        raise AssertionError("what is told is decoded elsewhere")

    def find(self, key: str, *, timeout_s: float, provider_ref: str | None = None) -> RefundOutcome:
        if self.is_away:
            return RefundOutcome(state=RefundState.UNKNOWN, reason="timeout")
        return FakeProvider.find(self, key, timeout_s=timeout_s, provider_ref=provider_ref)

    def refunds_of(self, provider_ref: str, *, timeout_s: float) -> tuple[ListedRefund, ...] | None:
        ours = tuple(
            ListedRefund(
                refund_id=str(one.refund_id),
                payment=provider_ref,
                amount=one.amount,
                stands=one.state is RefundState.SUCCEEDED,
                key=key,
            )
            for key, one in self.refunds.items()
            if one.amount is not None
        )
        return None if self.is_away else (*ours, *self.elsewhere)

    def dispute(self, dispute_id: str, *, timeout_s: float) -> DisputeFound:
        if self.is_away:
            return DisputeFound(standing=DisputeStanding.UNKNOWN, reason="timeout")
        unknown = DisputeFound(standing=DisputeStanding.NOT_FOUND)
        return self.disputes.get(dispute_id, unknown)

    # --- what becomes true, and is told ---------------------------------------------------------

    def becomes(self, leg: Leg, state: str, **changes: object) -> RefundNews:
        """A refund of ours is now so; `changes` are fields of its outcome."""
        outcome = RefundOutcome(
            state=RefundState(state),
            refund_id=f"rf-{leg.key}",
            reason=None if state == "succeeded" else state,
            amount=leg.amount,
        )
        self.refunds[leg.key] = replace(outcome, **changes)  # type: ignore[arg-type]  # as it says
        return self.tells_of(leg.key)

    def tells_of(self, key: str, refs: frozenset[str] = frozenset({REF})) -> RefundNews:
        outcome = self.refunds.get(
            key, RefundOutcome(state=RefundState.PENDING, refund_id=f"rf-{key}")
        )
        news = RefundNews(
            news_id=self._news_id(),
            told_at=NOW,
            refund_id=str(outcome.refund_id),
            payment_refs=refs,
            key=key,
            outcome=outcome,
        )
        self.news.append(news)
        return news

    def is_refunded_elsewhere(
        self, minor: int, *, stands: bool = True, currency: str = "EUR"
    ) -> RefundNews:
        refund = ListedRefund(
            refund_id=f"rf-else-{len(self.elsewhere)}",
            payment=REF,
            amount=Money(minor, currency),
            stands=stands,
        )
        self.elsewhere.append(refund)
        return self.tells_of_elsewhere(refund)

    def tells_of_elsewhere(self, refund: ListedRefund, ref: str = REF) -> RefundNews:
        state = RefundState.SUCCEEDED if refund.stands else RefundState.DECLINED
        news = RefundNews(
            news_id=self._news_id(),
            told_at=NOW,
            refund_id=refund.refund_id,
            payment_refs=frozenset({ref, "another name"}),
            key=None,
            outcome=RefundOutcome(state=state, refund_id=refund.refund_id, amount=refund.amount),
        )
        self.news.append(news)
        return news

    def is_disputed(self, standing: str, minor: int = 1000, name: str = "dp-1") -> DisputeNews:
        found = DisputeFound(
            standing=DisputeStanding(standing), payment_refs=frozenset({REF}), amount=eur(minor)
        )
        self.disputes[name] = found
        news = DisputeNews(
            news_id=self._news_id(),
            told_at=NOW,
            dispute_id=name,
            payment_refs=found.payment_refs,
            amount=eur(minor),
            stage=_STAGES[found.standing],
            reason="product_not_received",
        )
        self.news.append(news)
        return news

    def _news_id(self) -> str:
        return f"evt-{next(self.numbers)}"


def hears(shop: Shop, provider: TellingProvider, news: News) -> PaymentNews:
    """As the API takes it: everything about a command but its moment follows from the news."""
    desk = NewsDesk(commands=shop.store, sources={provider.name: provider})
    made = shop.context()
    context = Context(
        actor=Actor(id=f"provider:{provider.name}", role="provider"),
        now=made.now,
        command_id=derived_id("cmd", "payment-event", provider.name, news.news_id),
        correlation_id="told",
    )
    return desk.take(provider.name, news, context)


def sold(shop: Shop, minor: int = 1000) -> None:
    """One thing, paid by a card that the provider calls REF."""
    card = replace(payment("card", minor), provider_ref=REF)
    shop.sells(order(line(price=minor), payments=(card,)))


def settling(
    shop: Shop, provider: TellingProvider, step: str = "paid", minor: int = 1000
) -> Return:
    """The thing came back, and its money was sent; `step` is what became of that at first."""
    sold(shop, minor)
    ret = shop.accepts(shop.asks())
    provider.script["card"] = [step]
    shop.settles(ret)
    return shop.now_is(ret)


def leg_of(shop: Shop, ret: Return) -> Leg:
    (leg,) = shop.settlement(ret).legs
    return leg

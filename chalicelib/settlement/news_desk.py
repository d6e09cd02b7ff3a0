"""Takes what payment providers tell: asks each what is true now, and books that.

News may come twice, late and out of order, and from a provider that is wrong: they are a reason to
ask, never the truth. Where it cannot be asked now, or does not show yet what it told, nothing is
written, and it has to tell again.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeVar

from chalicelib.core.commands import Decided
from chalicelib.core.errors import TransientError
from chalicelib.core.events import Context
from chalicelib.settlement.hearing import RefundReader, heard, known_leg, refund_told
from chalicelib.settlement.news import (
    SEVERAL_REFUNDS,
    WRONG_REFUND,
    DisputeFound,
    DisputeNews,
    DisputeStage,
    DisputeStanding,
    News,
    NewsOutcome,
    NewsSource,
    PaymentNews,
    RefundNews,
)
from chalicelib.settlement.payment_news import (
    PaymentNewsReader,
    dispute_told,
    payment_named,
    refunded_elsewhere,
)
from chalicelib.settlement.ports import RefundOutcome, RefundState

T = TypeVar("T")
PROVIDER_TIMEOUT_S = 5.0
_TOLD_OTHERWISE = frozenset({SEVERAL_REFUNDS, WRONG_REFUND})
_STANDS = frozenset({RefundState.SUCCEEDED, RefundState.PENDING})
_ENDS = frozenset({DisputeStage.WON, DisputeStage.LOST})
_GOING_ON = frozenset({DisputeStanding.INQUIRED, DisputeStanding.OPEN})


class DeskReader(RefundReader, PaymentNewsReader, Protocol):
    """What news of any kind read."""


class DeskCommands(Protocol):
    """Reads, and runs one decision as one transaction."""

    def reads(self) -> DeskReader: ...

    def run(self, decide: Callable[[DeskReader], Decided[T]], *, context: Context) -> T: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class NewsDesk:
    """Takes news of providers, by name. Raises TransientError where one cannot be asked."""

    commands: DeskCommands
    sources: Mapping[str, NewsSource]

    def take(self, provider: str, news: News, context: Context) -> PaymentNews:
        """Take news once; what they came to before is only read again."""
        done = self.commands.reads().payment_news(provider, news.news_id)
        if done is not None:
            return done
        source = self.sources[provider]
        if isinstance(news, DisputeNews):
            return self._disputed(source, news, context)
        if news.key is None:
            return self._elsewhere(source, news, context)
        return self._refunded(source, news, news.key, context)

    def _refunded(
        self, source: NewsSource, news: RefundNews, key: str, context: Context
    ) -> PaymentNews:
        known = known_leg(self.commands.reads(), source.name, key)
        if known is None:
            return heard(source.name, news, NewsOutcome.NOT_OURS, context)
        found = source.find(key, timeout_s=PROVIDER_TIMEOUT_S, provider_ref=known.sent_to)
        if _is_open(found) or _is_behind(news, found):
            raise _silent(source, found.reason)
        return self.commands.run(
            lambda reads: refund_told(reads, source.name, news, found, context), context=context
        )

    def _elsewhere(self, source: NewsSource, news: RefundNews, context: Context) -> PaymentNews:
        known = payment_named(self.commands.reads(), source.name, news.payment_refs)
        if known is None:
            return heard(source.name, news, NewsOutcome.NOT_OURS, context)
        listed = source.refunds_of(known.provider_ref, timeout_s=PROVIDER_TIMEOUT_S)
        is_listed = any(one.refund_id == news.refund_id for one in listed or ())
        if listed is None or not (is_listed or news.outcome.state is RefundState.DECLINED):
            raise _silent(source, None)
        return self.commands.run(
            lambda reads: refunded_elsewhere(reads, source.name, news, listed, context),
            context=context,
        )

    def _disputed(self, source: NewsSource, news: DisputeNews, context: Context) -> PaymentNews:
        found = DisputeFound(standing=DisputeStanding.NOT_FOUND)
        if payment_named(self.commands.reads(), source.name, news.payment_refs) is not None:
            found = source.dispute(news.dispute_id, timeout_s=PROVIDER_TIMEOUT_S)
        is_behind = news.stage in _ENDS and found.standing in _GOING_ON
        if found.standing is DisputeStanding.UNKNOWN or is_behind:
            raise _silent(source, found.reason)
        return self.commands.run(
            lambda reads: dispute_told(reads, source.name, news, found, context), context=context
        )


def _is_open(found: RefundOutcome) -> bool:
    """Whether only asking again may tell what became of the refund."""
    if found.state is RefundState.UNKNOWN:
        return found.reason not in _TOLD_OTHERWISE
    return found.state is RefundState.NOT_FOUND


def _is_behind(news: RefundNews, found: RefundOutcome) -> bool:
    """Whether the answer is older than the news: a refund that failed never stands again, and the
    news of it come once."""
    is_same = found.refund_id == news.refund_id
    return is_same and news.outcome.state is RefundState.DECLINED and found.state in _STANDS


def _silent(source: NewsSource, reason: str | None) -> TransientError:
    return TransientError(
        "provider_silent",
        "The payment provider cannot be asked now; tell it again.",
        retry_after_s=30,
        provider=source.name,
        reason=reason,
    )

"""A maker of payment links that keeps its promises, and can be made to forget an answer."""

from dataclasses import dataclass, field, replace
from datetime import timedelta

from chalicelib.core.commands import Answer
from chalicelib.core.money import Money
from chalicelib.exchanges.desk import PaymentDesk
from chalicelib.exchanges.model import Exchange
from chalicelib.exchanges.ports import LinkAnswer, LinkOutcome, LinkRequest
from tests.builders import NOW, Shop
from tests.fakes import Killed

EXPIRES = timedelta(days=3)


@dataclass(slots=True)
class FakeLinks:
    """One link a key. `script`, call by call: `lost`: made, but the answer never arrives; `silent`:
    nothing arrives there either; `dies after`: the calling process ends there."""

    name: str = "sandbox"
    script: list[str] = field(default_factory=list)
    made: dict[str, LinkOutcome] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    is_silent: bool = False

    def create(self, request: LinkRequest, *, timeout_s: float) -> LinkOutcome:
        step = self.script.pop(0) if self.script else "made"
        unknown = LinkOutcome(state=LinkAnswer.UNKNOWN, reason="no_answer")
        if step == "silent":
            return unknown
        known = LinkOutcome(
            state=LinkAnswer.OPEN,
            url=f"https://pay.example/{request.key}",
            amount=request.amount,
            expires_at=NOW + EXPIRES,
        )
        outcome = self.made.setdefault(request.key, known)
        if step == "dies after":
            raise Killed(step)
        if step == "lost":
            self.is_silent = True
            return unknown
        return outcome

    def find(self, key: str, *, timeout_s: float) -> LinkOutcome:
        self.asked.append(key)
        if self.is_silent:
            self.is_silent = False
            return LinkOutcome(state=LinkAnswer.UNKNOWN, reason="no_answer")
        return self.made.get(key, LinkOutcome(state=LinkAnswer.NOT_FOUND))

    def key_in(self, body: bytes) -> str | None:
        return body.decode() or None

    def paid(self, exchange: Exchange, amount: Money | None = None) -> None:
        """The customer pays by the latest link, or so the provider says."""
        assert exchange.link is not None, "a link was asked for"
        key = exchange.link.key
        stated = amount or self.made[key].amount
        self.made[key] = replace(
            self.made[key], state=LinkAnswer.PAID, reference=f"pay-{key}", amount=stated
        )

    def expired(self, exchange: Exchange) -> None:
        assert exchange.link is not None, "a link was asked for"
        key = exchange.link.key
        self.made[key] = replace(self.made[key], state=LinkAnswer.EXPIRED)


def desk(shop: Shop, links: FakeLinks | None) -> PaymentDesk:
    return PaymentDesk(commands=shop.store, links=links, clock=lambda: NOW)


def linked(shop: Shop, links: FakeLinks | None, exchange: Exchange) -> Answer:
    """Ask for the link of an exchange."""
    return desk(shop, links).link(
        exchange.exchange_id,
        shop.context(),
        render=lambda one: Answer(status=200, body=f"v{one.version}".encode()),
        idempotency=None,
    )

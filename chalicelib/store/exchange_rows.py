"""Which list exchanges stand in while something is to happen to them by itself."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from chalicelib.core.clock import rfc3339
from chalicelib.exchanges.chasing import Step, next_step
from chalicelib.exchanges.model import Exchange
from chalicelib.store.codec import record_in
from chalicelib.store.row import Row, list_name
from chalicelib.store.table import Item

EXCHANGES_DUE = list_name("EXCHANGES_DUE")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeDueRow:
    """An exchange to which something happens at `next_at` if nobody does anything before."""

    exchange_id: str
    step: Step
    next_at: datetime


def exchange_rows(item: Item) -> Iterator[Row]:
    """By when next something happens, so that what is due stands at the beginning of the list."""
    exchange = record_in(item, Exchange)
    following = next_step(exchange)
    if following is None:
        return
    yield Row(
        list_name=EXCHANGES_DUE,
        bucket=f"{following.at:%Y-%m}",
        sort=f"{rfc3339(following.at)}#{exchange.exchange_id}",
        body=ExchangeDueRow(
            exchange_id=exchange.exchange_id, step=following.step, next_at=following.at
        ),
    )

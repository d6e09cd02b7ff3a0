"""Calls to Stripe's API: signed in with the key that is live now, of one version, page by page."""

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Literal, Protocol
from urllib.parse import urlencode

import urllib3

from chalicelib.core.errors import TransientError
from chalicelib.gateways import outbound
from chalicelib.gateways.outbound import Unbelievable
from chalicelib.gateways.stripe_shapes import Refund, RefundList, decoded

BASE_URL = "https://api.stripe.com"
API_VERSION = "2024-10-28.acacia"
"""The oldest with refund.updated and refund.failed for every kind of refund. Pinned: an account's
own version changes what answers look like."""
ANSWER_BYTES_MAX = 1024 * 1024
PAGE = 100
REFUNDS = "/v1/refunds"
_LIVE = ("sk_live_", "rk_live_")


class SecretKey(Protocol):
    """The key that is live now; raises TransientError where it cannot be known."""

    def __call__(self) -> str: ...

    def renewed(self) -> str | None:
        """Another key than before, where there is one by now."""


class StripeClient:
    """Raises Unbelievable where there is no answer to be believed."""

    def __init__(
        self,
        http: urllib3.PoolManager,
        secret_key: SecretKey,
        *,
        base_url: str = BASE_URL,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        if not base_url.startswith(("http://", "https://")):
            raise ValueError("the address of the payment provider begins with https://")
        self._http = http
        self._secret_key = secret_key
        self._base_url = base_url.rstrip("/")
        self.monotonic = monotonic

    def is_live(self) -> bool:
        """Whether the key moves real money. Raises TransientError without a key."""
        return self._secret_key().startswith(_LIVE)

    def send(
        self,
        method: Literal["GET", "POST"],
        path: str,
        timeout_s: float,
        *,
        form: Mapping[str, str] | None = None,
        key: str | None = None,
    ) -> tuple[int, bytes]:
        """Status and body. A key that is refused (401) did nothing: a newer one is tried once."""
        try:
            status, content = self._sent(self._secret_key(), method, path, timeout_s, form, key)
            newer = self._secret_key.renewed() if status == 401 else None
        except TransientError as exc:
            raise Unbelievable("no_credentials") from exc
        if newer is None:
            return status, content
        return self._sent(newer, method, path, timeout_s, form, key)

    def refunds(
        self, query: Mapping[str, str], *, timeout_s: float, pages_max: int
    ) -> Iterator[list[Refund]]:
        """Refunds page by page, the newest first; raises Unbelievable `too_many_refunds`."""
        deadline = self.monotonic() + timeout_s
        asked = {**query, "limit": str(PAGE)}
        for _ in range(pages_max):
            left = deadline - self.monotonic()
            if left <= 0:
                raise Unbelievable("timeout")
            status, content = self.send("GET", f"{REFUNDS}?{urlencode(asked)}", left)
            if status != 200:
                raise Unbelievable(f"http_{status}")
            page = decoded(content, RefundList)
            yield page.data
            if not page.has_more:
                return
            if not page.data:
                raise Unbelievable("bad_answer")
            asked["starting_after"] = page.data[-1].id
        raise Unbelievable("too_many_refunds")

    def _sent(
        self,
        secret_key: str,
        method: Literal["GET", "POST"],
        path: str,
        timeout_s: float,
        form: Mapping[str, str] | None,
        key: str | None,
    ) -> tuple[int, bytes]:
        return outbound.call(
            self._http,
            method,
            self._base_url + path,
            timeout_s,
            bytes_max=ANSWER_BYTES_MAX,
            key=key,
            form=form,
            more_headers={"Authorization": f"Bearer {secret_key}", "Stripe-Version": API_VERSION},
        )

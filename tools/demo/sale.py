"""An order made for one scene: what the scene needs to be plain, and nothing else."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from chalicelib.core.money import Money
from tools.generator import rfc3339

WAREHOUSE = "PAR"
CUSTOMER = "cus-1001"
"""The customer whose account the local stack makes."""


def policy_of(run: str, name: str) -> str:
    """A policy of the merchant's own in a run."""
    return f"{name}-{run.lower()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pay:
    """A part of what was paid. `ref` steers the sandbox provider: `decline-once`, `timeout` ..."""

    amount: str
    method: str = "card"
    provider: str = "sandbox"
    ref: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sale:
    """One line of one SKU, sold and delivered. Without `pays` one card paid for it.

    `more` and `line` are further fields of the order and of its line, as the API takes them.
    """

    name: str
    units: int = 1
    price: str = "100.00"
    currency: str = "EUR"
    discount: str | None = None
    pays: Sequence[Pay] = ()
    serials: Sequence[str] = ()
    days_ago: int = 3
    final_sale: bool = False
    own_policy: str | None = None
    """The policy that the merchant wrote for this run; None: sold under the standard one."""
    own_customer: bool = False
    """Sold to somebody who buys nothing else."""
    also: Sequence[str] = ()
    """Other SKUs that its scene sends, in its place or later."""
    more: Mapping[str, Any] = field(default_factory=dict)
    line: Mapping[str, Any] = field(default_factory=dict)

    @property
    def sku(self) -> str:
        return f"DEMO-{self.name.upper()}"

    def order_no(self, run: str) -> str:
        return f"{run}-{self.name}"

    def customer(self, run: str) -> str:
        return f"cus-{run}-{self.name}".lower() if self.own_customer else CUSTOMER

    def body(self, run: str, now: datetime) -> dict[str, Any]:
        """The body of PUT /v1/orders/{order_no}."""
        delivered_at = now - timedelta(days=self.days_ago)
        shipped_at = delivered_at - timedelta(days=2)
        return {
            "customer_id": self.customer(run),
            "channel": "web",
            "region": "FR",
            "currency": self.currency,
            "tax_included": True,
            "placed_at": rfc3339(shipped_at - timedelta(days=1)),
            **self._terms(run),
            "discount": self._money(self.discount or "0"),
            "lines": [
                {
                    "line_no": "1",
                    "sku": self.sku,
                    "name": f"Demo goods ({self.name})",
                    "category": "demo",
                    "kind": "goods",
                    "final_sale": self.final_sale,
                    "supplier_id": "sup-demo",
                    "quantity": self.units,
                    "unit_price": self._money(self.price),
                    "taxes": [],
                    "unit_cost": {"amount": "10.00", "currency": "EUR"},
                    **self.line,
                }
            ],
            "payments": self._payments(run),
            "deliveries": [
                {
                    "delivery_no": f"{self.order_no(run)}-D1",
                    "warehouse": WAREHOUSE,
                    "shipped_at": rfc3339(shipped_at),
                    "delivered_at": rfc3339(delivered_at),
                    "items": [
                        {"line_no": "1", "quantity": self.units, "serials": list(self.serials)}
                    ],
                }
            ],
            **self.more,
        }

    def _terms(self, run: str) -> dict[str, str]:
        """The version that was shown, or the policy of which one was in force."""
        if self.own_policy is not None:
            return {"policy": policy_of(run, self.own_policy)}
        return {"policy_version": "standard-30d"}

    def _payments(self, run: str) -> list[dict[str, Any]]:
        total = Money.parse(self.price, self.currency) * self.units
        if self.discount:
            total = total - Money.parse(self.discount, self.currency)
        return [
            {
                "payment_id": f"{self.order_no(run)}-{pay.method}",
                "method": pay.method,
                "provider": pay.provider,
                "provider_ref": f"{self.order_no(run)}-{pay.ref}" if pay.ref else None,
                "captured": self._money(pay.amount),
            }
            for pay in self.pays or (Pay(amount=total.amount),)
        ]

    def _money(self, amount: str) -> dict[str, str]:
        return {
            "amount": Money.parse(amount, self.currency).amount,
            "currency": self.currency,
        }

"""What policies may ask about: each fact with its kind and its words. docs/policy.md lists them."""

from dataclasses import dataclass
from enum import StrEnum

from chalicelib.policy.conditions import Operator


class FactKind(StrEnum):
    TEXT = "text"
    NUMBER = "number"
    MONEY = "money"
    YES_NO = "yes_no"
    SET = "set"


@dataclass(frozen=True, slots=True)
class Fact:
    kind: FactKind
    words: str


_T, _N, _M, _B, _S = (
    FactKind.TEXT,
    FactKind.NUMBER,
    FactKind.MONEY,
    FactKind.YES_NO,
    FactKind.SET,
)
FACTS: dict[str, Fact] = {
    "region": Fact(_T, "where the order was sold to (ISO 3166-1 alpha-2)"),
    "channel": Fact(_T, "where it was sold"),
    "currency": Fact(_T, "the currency of the order"),
    "category": Fact(_T, "the category of the goods"),
    "sku": Fact(_T, "the stock-keeping unit"),
    "supplier_id": Fact(_T, "who supplied the goods"),
    "tags": Fact(_S, "tags of the order line"),
    "customer_id": Fact(_T, "the customer"),
    "customer_class": Fact(_T, "the class of the customer when the order was placed"),
    "customer_lists": Fact(_S, "lists that the customer is on, such as allow and block"),
    "customer_returns_12m": Fact(_N, "returns that the customer filed within 365 days"),
    "customer_returns_30d": Fact(_N, "returns that the customer filed within 30 days"),
    "customer_return_rate": Fact(_N, "units returned per 100 bought within 365 days"),
    "customer_returned_value_12m": Fact(_M, "value of the customer's returns within 365 days"),
    "customer_used_12m": Fact(_N, "used units that the customer returned within 365 days"),
    "reason": Fact(_T, "the reason that was given"),
    "fault": Fact(_T, "whose fault the reason makes it: us, maker, carrier, customer or none"),
    "stated_condition": Fact(_T, "how the customer describes the goods: unopened, opened, used"),
    "type": Fact(_T, "the type of the return"),
    "method": Fact(_T, "how the goods come back"),
    "resolution": Fact(_T, "what the customer wants"),
    "quantity": Fact(_N, "units asked for on this line"),
    "unit_price": Fact(_M, "what one unit was paid for, tax included"),
    "line_value": Fact(_M, "what the units of this line were paid for"),
    "request_value": Fact(_M, "what all units of the request were paid for"),
    "order_returned_value": Fact(
        _M, "what all units of the order that are in returns were paid for, with this request"
    ),
    "age_days": Fact(_N, "days since delivery, that day not counted"),
    "days_since_order": Fact(_N, "days since the order was placed"),
    "purchase_month": Fact(_N, "the month in which the order was placed, 1 to 12"),
    "request_month": Fact(_N, "the month of the request, 1 to 12"),
    "warranty_days_left": Fact(_N, "days until the warranty ends; negative when it is over"),
    "contract_no": Fact(_T, "the contract that the order was sold under"),
    "contract_clauses": Fact(_S, "the clauses of that contract, by the merchant's names"),
    "has_serial": Fact(_B, "whether units of the line left with serial numbers"),
    "final_sale": Fact(_B, "whether it was sold without a right to return"),
    "risk_score": Fact(_N, "the points of all signals that hold"),
    "photo_reused": Fact(_B, "whether a photo was used in another return before"),
    "serial_mismatches_12m": Fact(_N, "serial mismatches of the customer within 365 days"),
    "empty_boxes_12m": Fact(_N, "empty boxes of the customer within 365 days"),
}
"""`risk_score` is known to rules only: it follows from the signals."""

OF_CUSTOMER = frozenset(
    name
    for name in FACTS
    if name.startswith("customer_") and name not in ("customer_id", "customer_class")
) | {"serial_mismatches_12m", "empty_boxes_12m"}
"""What only the customer's history tells; it is read where a policy asks for it."""
FOR_STAFF = OF_CUSTOMER | {"customer_id", "risk_score", "photo_reused"}
"""What is said about a customer rather than about the request: traces show it to staff only."""
UNPUBLISHED = frozenset(
    {
        "customer_id", "customer_lists", "risk_score", "photo_reused", "serial_mismatches_12m",
        "empty_boxes_12m", "customer_used_12m",
    }
)  # fmt: skip
"""What terms, which everybody reads, do not say: whom a rule means and what it watches for."""
OF_REQUEST = (
    frozenset(
        {
            "region", "channel", "currency", "customer_id", "customer_class", "type", "method",
            "request_value", "order_returned_value", "days_since_order", "purchase_month",
            "request_month", "contract_no", "contract_clauses", "photo_reused",
        }
    )
    | OF_CUSTOMER
)  # fmt: skip
"""What is the same for all lines of a request."""

OPERATORS: dict[FactKind, frozenset[Operator]] = {
    _T: frozenset(
        {
            Operator.IS,
            Operator.IS_NOT,
            Operator.IN,
            Operator.NOT_IN,
            Operator.STARTS_WITH,
            Operator.KNOWN,
        }
    ),
    _N: frozenset(
        {
            Operator.IS,
            Operator.IS_NOT,
            Operator.AT_LEAST,
            Operator.AT_MOST,
            Operator.ABOVE,
            Operator.BELOW,
            Operator.KNOWN,
        }
    ),
    _M: frozenset(
        {Operator.AT_LEAST, Operator.AT_MOST, Operator.ABOVE, Operator.BELOW, Operator.KNOWN}
    ),
    _B: frozenset({Operator.IS, Operator.KNOWN}),
    _S: frozenset({Operator.HAS_ANY, Operator.HAS_ALL, Operator.HAS_NONE}),
}
"""What may be asked about each kind of fact."""

"""What a process remembers between commands: links that never change, what is published, and for
half a minute what decides nothing.
"""

from typing import TYPE_CHECKING

from chalicelib.core.remembering import Remembered, RememberedEach
from chalicelib.policy.shelves import KnownPolicies
from chalicelib.reasons.amendments import KnownReasons

if TYPE_CHECKING:
    from chalicelib.inspection.choosing import Checklists
    from chalicelib.inspection.demand import Demand
    from chalicelib.inspection.rules import InspectionRules
    from chalicelib.returns.model import Return

LINKS_MAX = 10_000


class Links:
    """What never changes once known, kept while the process lives."""

    def __init__(self) -> None:
        self.order_of: dict[str, str] = {}
        self.return_of: dict[str, str] = {}
        self.policies = KnownPolicies()
        self.reasons = KnownReasons()
        self.checklists: Remembered[Checklists] = Remembered()
        self.inspection_rules: Remembered[InspectionRules] = Remembered()
        self.demand: RememberedEach[tuple[str, str, int], Demand] = RememberedEach()

    def remember(self, ret: "Return") -> None:
        """The order and number of a return; blind returns may still find their order."""
        if len(self.order_of) > LINKS_MAX:
            self.order_of.clear()
            self.return_of.clear()
        if ret.order_no is not None:
            self.order_of[ret.return_id] = ret.order_no
        self.return_of[ret.number] = ret.return_id

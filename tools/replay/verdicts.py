"""Why each return was accepted, sent to review or refused, as the system told it.

Pure. What was decided comes from the decision's explanation, what was refused from the refusal
itself: both name the rule, the dates that it looked at, and a code.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Self

from tools.replay.caller import Refused
from tools.replay.matching import PlannedReturn

_REFUSED = 422


class Ruling(StrEnum):
    ACCEPTED = "accepted"
    REVIEW = "review"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One return of the plan: what became of it, by which code, and why in a sentence."""

    invoice: str
    order_no: str | None
    units: int
    ruling: Ruling
    code: str
    why: str

    @property
    def line(self) -> str:
        of = self.order_no or "no order"
        return f"{self.ruling.value:<8}  {self.invoice} of {of}  {self.code}: {self.why}"

    def as_text(self) -> str:
        """For the journal."""
        return json.dumps(asdict(self))

    @classmethod
    def of_text(cls, text: str) -> Self:
        told = json.loads(text)
        return cls(**{**told, "ruling": Ruling(told["ruling"])})


def refusal(planned: PlannedReturn, refused: Refused) -> Verdict | None:
    """None where it was not policy that refused."""
    body = refused.body if isinstance(refused.body, dict) else {}
    details = body.get("details") or {}
    if refused.status != _REFUSED or "policy_version" not in details:
        return None
    lines = [_refused_line(line) for line in details.get("lines") or ()]
    why = f"{details['policy_version']}; {'; '.join(lines)}"
    return _verdict(planned, Ruling.REFUSED, str(body.get("code")), why)


def decided(planned: PlannedReturn, told: Mapping[str, Any]) -> Verdict:
    """`told` is the explanation of the decision, as staff read it."""
    is_alone = told["review"] == "automatic"
    reasons = told["reasons"]
    code = reasons[0]["code"] if reasons else str(told["review"])
    said = [str(text).rstrip(".") for text in (told["review_says"], *(r["words"] for r in reasons))]
    windows = [_window(line) for line in told["lines"] if line["window"] is not None]
    why = "; ".join([told["policy_version"], *said, *windows])
    return _verdict(planned, Ruling.ACCEPTED if is_alone else Ruling.REVIEW, code, why)


def blind(planned: PlannedReturn) -> Verdict:
    """No policy is asked where no sale was found."""
    why = "no sale was found; a person looks for it"
    return _verdict(planned, Ruling.REVIEW, "blind_return", why)


def summary(verdicts: Iterable[Verdict]) -> Iterator[tuple[Ruling, str, int, int]]:
    """Returns and units by ruling and code, in the order of rulings, the most first."""
    returns: Counter[tuple[Ruling, str]] = Counter()
    units: Counter[tuple[Ruling, str]] = Counter()
    for verdict in verdicts:
        returns[verdict.ruling, verdict.code] += 1
        units[verdict.ruling, verdict.code] += verdict.units
    rulings = list(Ruling)
    for ruling, code in sorted(returns, key=lambda k: (rulings.index(k[0]), -returns[k], k[1])):
        yield ruling, code, returns[ruling, code], units[ruling, code]


def _verdict(planned: PlannedReturn, ruling: Ruling, code: str, why: str) -> Verdict:
    return Verdict(
        invoice=planned.invoice,
        order_no=planned.order_no,
        units=planned.units,
        ruling=ruling,
        code=code,
        why=why,
    )


def _refused_line(line: Mapping[str, Any]) -> str:
    """The rule that refused, with the facts that it looked at."""
    step = next((one for one in line["trace"] if not one["passed"]), None)
    if step is None:
        return f"line {line['line_no']} {line['code']}"
    facts = step["facts"]
    if step["rule"] != "window":
        asked = ", ".join(f"{name} {value}" for name, value in facts.items() if name != "decides")
        return f"line {line['line_no']} {line['code']} by {step['rule']} ({asked})"
    return (
        f"line {line['line_no']} {line['code']} ({facts.get('window_days')} days after "
        f"{facts.get('delivered_at')} ended before {facts.get('ends_before')}, asked "
        f"{facts.get('requested_at')})"
    )


def _window(line: Mapping[str, Any]) -> str:
    window = line["window"]
    if window["days"] is None:
        return f"line {line['line_no']}: no limit of time"
    return (
        f"line {line['line_no']}: {window['days']} days after {window['counted_from']}, until "
        f"before {window['ends_before']}"
    )

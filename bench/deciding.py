"""P11: the processor time of one evaluation, of 200 rules for a request of ten lines.

Beside it: the same request under a policy of one rule, so that the ratio says what rules cost.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from statistics import median

from bench import policies
from bench.figures import Figure
from chalicelib.policy.document import PolicyDocument
from chalicelib.policy.evaluation import CompiledPolicy, decide

MS_MAX = 1.0
_ROUNDS, _TURNS = 7, 100


def measure() -> Iterator[Figure]:
    """Both kinds of documents take turns with the floor within each round."""
    documents: dict[str, PolicyDocument] = {
        "few hold": policies.few(),
        f"{policies.HOLDING} hold": policies.many(),
    }
    floor = replace(policies.few(), rules=policies.few().rules[-1:])
    for name, document in documents.items():
        ours, beside = _turns(document), _turns(floor)
        seen = [(ours(), beside()) for _ in range(_ROUNDS)]
        value = median(took for took, _ in seen)
        yield Figure(
            figure="P11",
            what=f"evaluation, {policies.RULES} rules, {policies.LINES} lines, {name}",
            value=value,
            unit="ms",
            floor=median(took for _, took in seen),
            ratio=median(took / least for took, least in seen),
            goal=f"≤ {MS_MAX:.0f} ms",
            ok=value <= MS_MAX,
            how=f"processor time, median of {_ROUNDS} rounds of {_TURNS}; floor: one rule",
        )


def _turns(document: PolicyDocument) -> Callable[[], float]:
    """Takes so many evaluations and says how many milliseconds one took."""
    policy, lines = CompiledPolicy(document), policies.request()
    decide(policy, lines)

    def run() -> float:
        began = time.process_time()
        for _ in range(_TURNS):
            decide(policy, lines)
        return (time.process_time() - began) * 1000 / _TURNS

    return run

"""Watches the calls that the store makes to DynamoDB, or answers them from somewhere else."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from pynamodb.connection import Connection

Json = dict[str, Any]
"""A request to DynamoDB, or its answer, in DynamoDB's own JSON."""
Dispatch = Callable[[str, Json], Json]


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    operation: str
    request: Json
    answer: Json
    seconds: float


@dataclass(slots=True)
class Tap:
    """While it is open every call of the connection is noted; `instead` answers in its place."""

    link: Connection
    instead: Dispatch | None = None
    calls: list[Call] = field(default_factory=list)

    def __enter__(self) -> Self:
        send = self.instead or self.link.dispatch

        def noted(operation_name: str, operation_kwargs: Json) -> Json:
            began = time.perf_counter()
            answer = send(operation_name, operation_kwargs)
            self.calls.append(
                Call(
                    operation=operation_name,
                    request=operation_kwargs,
                    answer=answer,
                    seconds=time.perf_counter() - began,
                )
            )
            return answer

        # The instance's own attribute hides the method; no other seam sees every call.
        self.link.dispatch = noted  # type: ignore[method-assign]
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        del self.link.dispatch

    def taken(self) -> list[Call]:
        """What was called since the last time."""
        calls, self.calls = self.calls, []
        return calls

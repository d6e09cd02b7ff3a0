"""What a process remembers for a while, because it is asked for often and changes seldom."""

from collections.abc import Callable, Hashable
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from chalicelib.core.clock import Clock

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")
FOR = timedelta(seconds=30)
EACH_MAX = 1_000


class Remembered(Generic[T]):
    """One thing, as it stood half a minute ago at most."""

    def __init__(self) -> None:
        self._known: tuple[datetime, T] | None = None

    def get(self, read: Callable[[], T], clock: Clock) -> T:
        """Read where it is not known, or known for too long; a clock set back asks again, too."""
        now = clock()
        if self._known is not None:
            since, known = self._known
            if timedelta(0) <= now - since < FOR:
                return known
        known = read()
        self._known = now, known
        return known


class RememberedEach(Generic[K, T]):
    """Many things of one kind, each as it stood half a minute ago at most."""

    def __init__(self) -> None:
        self._known: dict[K, Remembered[T]] = {}

    def get(self, key: K, read: Callable[[], T], clock: Clock) -> T:
        """As `Remembered.get`, of the thing with this key."""
        if len(self._known) >= EACH_MAX and key not in self._known:
            self._known.clear()
        return self._known.setdefault(key, Remembered()).get(read, clock)

"""Work on several things at once over threads, with progress; the first fault ends it all."""

import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import TypeVar

from tools.replay.progress import Bar

Thing = TypeVar("Thing")
Result = TypeVar("Result")


def for_each(
    things: Iterable[Thing],
    work: Callable[[Thing], Result],
    *,
    workers: int,
    bar: Bar,
    stopping: threading.Event | None = None,
) -> Sequence[Result]:
    """Results in the order of `things`. After a fault nothing new is begun; it is raised.

    `stopping` is set then, for work of many steps to end early.
    """
    with ThreadPoolExecutor(max_workers=workers) as pool:
        futures = [pool.submit(work, thing) for thing in things]
        try:
            for future in as_completed(futures):
                future.result()
                bar.advance()
        except BaseException:
            if stopping is not None:
                stopping.set()
            pool.shutdown(wait=True, cancel_futures=True)
            raise
        return [future.result() for future in futures]

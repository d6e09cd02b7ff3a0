"""Every kind of hostile file gets its verdict in little memory and time: promise 18, one by one."""

import pytest

from prove import hostile
from prove.hostile import Hostile
from prove.hostile_files import KINDS_MIN, RSS_MAX_MB, TIME_MAX_S, Seen, judge, look
from prove.results import Trial

FILES = {one.name: one for one in hostile.files()}


@pytest.mark.parametrize("name", FILES)
def test_a_hostile_file_gets_its_verdict_and_harms_nobody(name: str) -> None:
    seen = look(name)

    assert seen.verdict in FILES[name].verdicts
    assert seen.faults == ()
    assert seen.rss_mb < RSS_MAX_MB
    assert seen.seconds < TIME_MAX_S


def test_there_are_many_kinds() -> None:
    assert len(FILES) >= 2 * KINDS_MIN


@pytest.mark.parametrize(
    "seen",
    [
        Seen(name="one", verdict="clean", seconds=0.1, rss_mb=90),
        Seen(name="one", verdict="died", seconds=0.1, rss_mb=90),
        Seen(name="one", verdict="corrupt_image", seconds=10.0, rss_mb=90),
        Seen(name="one", verdict="corrupt_image", seconds=0.1, rss_mb=RSS_MAX_MB),
        Seen(name="one", verdict="corrupt_image", seconds=0.1, rss_mb=90, faults=("Exif",)),
    ],
    ids=["wrong", "died", "slow", "large", "faulty"],
)
def test_one_fault_breaks_the_promise(seen: Seen) -> None:
    wanted = Hostile(name="one", make=bytes, verdicts=("corrupt_image",))
    others = [Seen(name=f"{n}", verdict="clean", seconds=0.1, rss_mb=90) for n in range(KINDS_MIN)]
    files = {one.name: Hostile(name=one.name, make=bytes, verdicts=("clean",)) for one in others}
    trial = Trial()

    judge(trial, [seen, *others], files | {"one": wanted})

    assert not trial.is_kept

"""The numbers of scans: which are here and which are missing, in whatever order they came."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core import runs
from chalicelib.devices.sequence import GAP_MAX, RUNS_MAX, Seen, Sequence, seen_of
from chalicelib.returns.scanning import ScanOutcome
from tests.builders import NOW

NUMBERS = st.frozensets(st.integers(1, 60))
WILD = st.sampled_from([1, 2, 9, GAP_MAX, 2 * GAP_MAX, 10**9, 10**9 + 7, 2**53 - 1])


def seen(*numbers: int, minutes: int = 0) -> Seen:
    at = NOW + timedelta(minutes=minutes)
    return Seen(device_id="d", numbers=frozenset(numbers), captured_at=at, processed_at=at)


def outcome(seq: int, state: str = "done", device_id: str = "d", minutes: int = 0) -> ScanOutcome:
    at = NOW + timedelta(minutes=minutes)
    return ScanOutcome(
        scan_id=f"s{seq}", device_id=device_id, seq=seq, captured_at=at, processed_at=at,
        state=state,
    )  # fmt: skip


def missing(sequence: Sequence) -> str:
    return runs.as_text(sequence.missing)


def test_of_a_device_that_sent_nothing_nothing_is_missing() -> None:
    sequence = Sequence(device_id="d")

    assert (sequence.highest, missing(sequence)) == (0, "")


def test_what_is_below_the_highest_and_not_here_is_missing() -> None:
    sequence = Sequence(device_id="d").after(seen(3, 4, 9))

    assert (sequence.highest, missing(sequence)) == (9, "1-2,5-8")


def test_a_late_upload_closes_its_gap() -> None:
    sequence = Sequence(device_id="d").after(seen(1, 5)).after(seen(2, 3, 4))

    assert missing(sequence) == ""
    assert sequence.taken == (runs.Run(1, 5),)


@given(st.lists(NUMBERS, max_size=6), st.randoms())
def test_any_order_and_any_number_of_times_end_in_the_same(
    parts: list[frozenset[int]], chance: object
) -> None:
    told = [*parts, *parts]
    chance.shuffle(told)  # type: ignore[attr-defined]  # random.Random; hypothesis' own kind of it
    sequence = Sequence(device_id="d")
    for numbers in told:
        sequence = sequence.after(seen(*numbers))

    here = frozenset().union(*parts)
    highest = max(here, default=0)
    assert sequence.highest == highest
    gone = set(range(1, highest + 1)) - here
    assert {n for run in sequence.missing for n in range(run.first, run.last + 1)} == gone


def test_the_last_times_never_go_back() -> None:
    sequence = Sequence(device_id="d").after(seen(1, minutes=5)).after(seen(2, minutes=1))

    assert sequence.captured_at == NOW + timedelta(minutes=5)
    assert sequence.processed_at == NOW + timedelta(minutes=5)


def test_a_device_that_leaves_out_thousands_is_watched_from_its_newest_gaps_on() -> None:
    odd = seen(*range(1, 2 * RUNS_MAX + 200, 2))

    sequence = Sequence(device_id="d").after(odd)

    assert len(sequence.taken) == RUNS_MAX
    assert sequence.watched_from == 201
    assert runs.size(sequence.missing) == RUNS_MAX - 1
    assert sequence.after(seen(2, 4)) == sequence


def test_outcomes_count_by_device_and_malformed_ones_where_their_number_was_read() -> None:
    told = seen_of(
        [
            outcome(1),
            outcome(2, "malformed", minutes=3),
            outcome(0, "malformed"),
            outcome(7, device_id="e"),
            outcome(3, "refused", minutes=1),
        ]
    )

    assert [(one.device_id, sorted(one.numbers)) for one in told] == [("d", [1, 2, 3]), ("e", [7])]
    assert seen_of([outcome(0, device_id="epcis"), outcome(0, "malformed")]) == []
    assert told[0].captured_at == NOW + timedelta(minutes=1)
    assert told[0].processed_at == NOW + timedelta(minutes=3)


@pytest.mark.parametrize("glitch", [GAP_MAX + 502, 2**31, 2**53 - 1])
def test_one_wild_number_is_no_gap_and_not_what_the_device_goes_on_from(glitch: int) -> None:
    sequence = Sequence(device_id="d").after(seen(1, 2, 4, 500)).after(seen(glitch))

    assert sequence.highest == 500
    assert missing(sequence) == "3,5-499"
    assert sequence.apart == (runs.Run(glitch, 1),)


def test_a_device_that_goes_on_far_above_is_followed_there() -> None:
    before = Sequence(device_id="d").after(seen(1, 2))
    far = 10**6

    after = before.after(seen(far, far + 1, far + 3))

    assert (before.highest, after.highest) == (2, far + 3)
    assert missing(after) == str(far + 2)
    assert after.apart == (runs.Run(1, 2),)


def test_the_longest_gap_that_is_missing_is_one_that_a_day_offline_can_leave() -> None:
    sequence = Sequence(device_id="d").after(seen(1, 2, GAP_MAX + 3))

    assert (sequence.highest, sequence.apart) == (GAP_MAX + 3, ())
    assert missing(sequence) == f"3-{GAP_MAX + 2}"


@given(st.lists(st.frozensets(WILD, max_size=4), max_size=6), st.randoms())
def test_wild_numbers_too_may_come_in_any_order(
    parts: list[frozenset[int]], chance: object
) -> None:
    told = [*parts, *parts]
    chance.shuffle(told)  # type: ignore[attr-defined]  # as above
    one = other = Sequence(device_id="d")
    for numbers in parts:
        one = one.after(seen(*numbers))
    for numbers in told:
        other = other.after(seen(*numbers))

    assert one == other
    assert (one.highest, one.missing, one.apart) == (other.highest, other.missing, other.apart)
    assert runs.size(one.missing) <= GAP_MAX * max(len(one.taken), 1)

"""What a simulation counts: exact, by segment, in bounded memory, and put together from parts."""

from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.policy.simulating import Change, Comparison
from chalicelib.policy.simulation_figures import (
    CURRENCIES_MAX,
    OTHER,
    SEGMENTS,
    VALUES_MAX,
    Figures,
    Sums,
    Tally,
)
from chalicelib.store.codec import encode
from tests.policy.documents import NOW, documents, eur, known_facts, line
from tests.policy.pasts import past, under
from tests.policy.test_simulating import ALONE, SHORT, STANDARD, charging


def told_of(tally: Tally) -> Any:
    """The report; Any, because it is JSON."""
    return tally.as_json()


def counted(*compared: Comparison) -> Tally:
    tally = Tally()
    for one in compared:
        tally.take(one)
    return tally


def differing(**more: Any) -> Comparison:
    return under(SHORT, past(STANDARD, **more))


def test_the_totals_say_how_many_and_how_much() -> None:
    tally = counted(differing(), under(STANDARD, past(STANDARD)), under(ALONE, past(STANDARD)))
    tally.leave_out("no_facts")

    told = told_of(tally)

    assert (told["returns"], told["different"]) == (3, 2)
    assert told["changes"] == {
        "refused_now": 1, "less_review": 1, "lower_refund": 1, "shorter_window": 1,
    }  # fmt: skip
    assert told["flows"] == {"person>automatic": 1, "person>person": 1, "person>refused": 1}
    assert told["money"] == [
        {
            "currency": "EUR",
            "fees_before": "0.00",
            "fees_after": "0.00",
            "refund_before": "300.00",
            "refund_after": "200.00",
        }
    ]
    assert told["not_replayable"] == {"no_facts": 1}


def test_segments_tell_the_same_by_value() -> None:
    tally = counted(
        differing(region="DE"),
        under(STANDARD, past(STANDARD, region=None, requested_at=NOW + timedelta(days=40))),
    )

    told = told_of(tally)["segments"]

    assert set(told) == set(SEGMENTS)
    by_region = {row["value"]: (row["returns"], row["different"]) for row in told["region"]}
    assert by_region == {"DE": (1, 1), "-": (1, 0)}
    assert [row["value"] for row in told["month"]] == ["2026-11", "2026-12"]


def test_a_return_counts_once_in_each_category_of_its_lines() -> None:
    lines = (line("1", category="a"), line("2", category="a"), line("3", category="b"))
    tally = counted(under(charging(restocking=1_000, flat=eur(500)), past(STANDARD, *lines)))

    told = {row["value"]: row for row in told_of(tally)["segments"]["category"]}

    assert (told["a"]["returns"], told["b"]["returns"]) == (1, 1)
    # The flat fee is of the whole return, so it is in the totals and in no category.
    assert told["a"]["money"][0]["fees_after"] == "20.00"
    assert told["a"]["money"][0]["refund_after"] == "180.00"
    assert told_of(tally)["money"][0]["fees_after"] == "35.00"


def test_values_beyond_the_bound_come_together() -> None:
    tally = counted(*(differing(region=f"R{number}") for number in range(VALUES_MAX + 5)))

    values = tally.segments["region"]

    assert len(values) == VALUES_MAX + 1
    assert values[OTHER].returns == 5
    assert sum(figures.returns for figures in values.values()) == VALUES_MAX + 5


def test_the_currencies_of_a_segment_are_bounded_and_those_of_the_totals_are_not() -> None:
    codes = ("EUR", "USD", "GBP", "CHF", "PLN", "SEK", "NOK", "DKK", "CZK", "HUF")
    figures = Figures()
    for code in codes:
        figures.pay(code, Sums(refund_before=1), currencies_max=CURRENCIES_MAX)

    assert sorted(figures.money) == sorted(codes[:CURRENCIES_MAX])


SLOW = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
pasts = st.builds(
    lambda then, now, known, region, kept: under(
        now, past(then, line("1", **known), region=region, kept_units=kept, asked_units=2)
    ),
    documents(),
    documents(),
    known_facts(),
    st.sampled_from([None, "DE", "FR", "CN"]),
    st.integers(0, 2),
)


@SLOW
@given(first=st.lists(pasts, max_size=3), second=st.lists(pasts, max_size=3))
def test_two_halves_put_together_are_the_whole(
    first: list[Comparison], second: list[Comparison]
) -> None:
    left, right = counted(*first), counted(*second)

    left.merge(right)

    assert left.as_json() == counted(*first, *second).as_json()


@SLOW
@given(compared=st.lists(pasts, max_size=4))
def test_what_a_checkpoint_keeps_is_everything(compared: list[Comparison]) -> None:
    tally = counted(*compared)
    tally.leave_out("no_decision")

    again = Tally.of(tally.kept())

    assert again.as_json() == tally.as_json()


def test_a_checkpoint_stays_small_however_much_was_counted() -> None:
    tally = Tally()
    big = Sums(fees_before=10**12, fees_after=10**12, refund_before=10**12, refund_after=10**12)
    for segment in SEGMENTS:
        for number in range(VALUES_MAX + 1):
            figures = tally.segments[segment].setdefault(f"{number:<40}", Figures(returns=10**7))
            figures.changes.update(dict.fromkeys(Change, 10**7))
            for code in ("EUR", "USD", "GBP", "CHF"):
                figures.pay(code, big)

    assert len(encode(tally.kept())) < 100_000

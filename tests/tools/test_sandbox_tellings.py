"""How badly a provider tells of changes: signed, twice, late, backwards, until it is heard."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tools.asking_sandbox import (
    SECRET,
    Listener,
    ask,
    control,
    process,
    refund,
    wait_for,
)
from tools.sandbox.behaviours import Behaviour, Telling, behaviour_of, telling_of
from tools.sandbox_provider import Provider, start

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])
FAILS_AFTER_S = 0.3


@pytest.fixture
def provider(tmp_path: Path) -> Iterator[Provider]:
    running = start(tmp_path / "sandbox.sqlite", hang_s=0.1, fails_after_s=FAILS_AFTER_S)
    yield running
    running.stop()


@pytest.fixture
def listener(provider: Provider) -> Iterator[Listener]:
    made = Listener()
    server, url = made.serve()
    control(provider.url, "listener", {"url": url, "secret": SECRET})
    yield made
    server.shutdown()
    server.server_close()


# --- what is told -------------------------------------------------------------------------------


def test_each_change_is_told_signed_and_in_order(provider: Provider, listener: Listener) -> None:
    refund(provider.url, "pay-1")
    made = control(provider.url, "disputes", {"payment": "pay-1", "amount": 500, "currency": "EUR"})
    control(provider.url, "disputes", {"id": made["id"], "status": "won"})

    wait_for(lambda: len(listener.heard) == 4)

    assert listener.said == [
        ("refund.created", "pending"),
        ("refund.updated", "succeeded"),
        ("dispute.opened", "open"),
        ("dispute.updated", "won"),
    ]
    assert all(listener.believed)
    assert len({one["id"] for one in listener.heard}) == 4
    refunded = listener.heard[1]["data"]
    assert refunded == ask(f"{provider.url}/v1/refunds?key=k1")[1]


def test_a_refund_that_nobody_was_answered_about_is_told(
    provider: Provider, listener: Listener
) -> None:
    refund(provider.url, "pay-timeout")
    assert refund(provider.url, "pay-error-after", key="k2")[0] == 500

    wait_for(lambda: len(listener.heard) == 4)


def test_what_was_told_twice_is_the_same(provider: Provider, listener: Listener) -> None:
    refund(provider.url, "pay-told-twice")

    wait_for(lambda: len(listener.heard) == 4)

    first, again, *_ = sorted(listener.heard, key=lambda one: str(one["type"]))
    assert first == again


def test_told_backwards_the_end_comes_before_the_beginning(
    provider: Provider, listener: Listener
) -> None:
    refund(provider.url, "pay-told-backwards")

    wait_for(lambda: len(listener.heard) == 2)

    assert listener.said == [("refund.updated", "succeeded"), ("refund.created", "pending")]


def test_a_payment_may_keep_silent_and_a_listener_may_ask_for_all_to_be_told_twice(
    provider: Provider, listener: Listener
) -> None:
    refund(provider.url, "pay-untold")
    known = ask(f"{provider.url}/_sandbox/tellings")[1]["items"]
    assert known == []

    server, url = listener.serve()
    control(provider.url, "listener", {"url": url, "secret": SECRET, "telling": "told-twice"})
    refund(provider.url, "pay-1", key="k2")
    wait_for(lambda: len(listener.heard) == 4)
    server.shutdown()
    server.server_close()


def test_a_late_failure_is_told_without_anybody_asking(
    provider: Provider, listener: Listener
) -> None:
    refund(provider.url, "pay-fails-later")

    wait_for(lambda: ("refund.updated", "declined") in listener.said)

    assert listener.said[-1] == ("refund.updated", "declined")


def test_what_was_not_taken_is_told_again_until_it_is(
    provider: Provider, listener: Listener
) -> None:
    listener.statuses = [503, 401, 500]

    refund(provider.url, "pay-1")

    def is_all_told() -> bool:
        items = ask(f"{provider.url}/_sandbox/tellings")[1]["items"]
        return [one["times_left"] for one in items] == [0, 0]

    wait_for(is_all_told)
    assert len(listener.heard) == 5


def test_what_was_not_told_yet_is_told_by_the_next_process(tmp_path: Path) -> None:
    state = tmp_path / "sandbox.sqlite"
    heard = Listener()
    server, url = heard.serve()
    running, first = process(state)
    control(first, "listener", {"url": url, "secret": SECRET, "telling": "told-late"})
    refund(first, "pay-1")
    running.kill()
    running.communicate()
    assert heard.heard == []

    running, _ = process(state)
    try:
        wait_for(lambda: len(heard.heard) == 2)
    finally:
        running.kill()
        running.communicate()
        server.shutdown()
        server.server_close()


def test_without_a_listener_nothing_is_kept_to_be_told(
    provider: Provider, listener: Listener
) -> None:
    control(provider.url, "listener", {})

    refund(provider.url, "pay-1")

    assert ask(f"{provider.url}/_sandbox/tellings")[1]["items"] == []


def test_reset_forgets_all_but_who_listens(provider: Provider, listener: Listener) -> None:
    control(provider.url, "captures", {"payment": "pay-1", "captured": 1})
    control(provider.url, "reset", {})

    assert refund(provider.url, "pay-1")[0] == 201
    wait_for(lambda: len(listener.heard) == 2)


@pytest.mark.parametrize(
    "body",
    [{"url": "http://x"}, {"secret": "s"}, {"url": "http://x", "secret": "s", "telling": "loud"}],
)
def test_a_bad_listener_is_refused(provider: Provider, body: object) -> None:
    control(provider.url, "listener", body, status=400)


@pytest.mark.parametrize("telling", list(Telling))
def test_each_word_of_telling_means_itself_beside_any_behaviour(telling: Telling) -> None:
    for behaviour in Behaviour:
        payment = f"pay-{behaviour.value}-{telling.value.upper()}-1"
        assert behaviour_of(payment) is behaviour
        assert telling_of(payment, Telling.ONCE) is telling
    assert telling_of("pay-1", telling) is telling

"""Enrolment: one code, one device, once; and nothing is told about codes that are not good."""

import re

import pytest

from chalicelib.core.errors import Conflict, NotFound
from chalicelib.core.events import chain_fault
from chalicelib.devices import codes
from chalicelib.devices.model import CODE_LIFE, DeviceState
from chalicelib.store.codec import encode
from tests.devices.desk import KEY_ID, Desk


@pytest.fixture
def desk() -> Desk:
    return Desk()


def wrong(code: str) -> str:
    """All of it but the last character."""
    return code[:-1] + ("0" if code[-1] != "0" else "1")


def test_a_code_enrols_one_device_of_its_warehouse(desk: Desk) -> None:
    opened = desk.open_("W1")

    enrolled = desk.enrol(opened.code)

    assert enrolled is not None
    device = desk.device(opened.enrolment.device_id)
    assert enrolled.device == device
    assert (device.warehouse, device.name, device.state) == ("W1", "Dock 2", DeviceState.ENROLLED)
    assert (device.credential.number, device.credential.key_id) == (1, KEY_ID)
    assert device.enrolled_by == "warehouse-1"


def test_an_opening_is_an_event_of_its_own_though_nobody_uses_the_code(desk: Desk) -> None:
    opened = desk.open_()

    (event,) = desk.store.reads().events(opened.enrolment.subject)
    assert (event.type, event.hash) == ("device.enrolment_opened", opened.enrolment.chain.head)
    assert event.data["device_id"] == opened.enrolment.device_id


def test_the_events_of_a_device_are_one_chain(desk: Desk) -> None:
    device = desk.enrolled()
    desk.renewed(device.device_id)
    desk.use(device.device_id, 2)
    desk.revoke(device.device_id)

    events = desk.store.reads().events(device.subject)
    assert [event.type for event in events] == [
        "device.enrolled",
        "device.enrolled",
        "device.rotated",
        "device.revoked",
    ]
    assert chain_fault(events) is None
    assert events[-1].hash == desk.device(device.device_id).chain.head
    assert (events[0].actor.id, events[0].actor.role) == (device.device_id, "device")


def test_no_event_or_record_holds_the_code_or_the_words_of_people(desk: Desk) -> None:
    opened = desk.open_()
    desk.enrol(opened.code)

    groups = opened.code.split("-")
    for record in desk.store.records.values():
        assert not any(group in encode(record) for group in groups)
    for subject in (f"device/{opened.enrolment.device_id}", opened.enrolment.subject):
        for event in desk.store.reads().events(subject):
            assert "Dock 2" not in encode(event)


def test_a_code_is_twenty_characters_of_a_hundred_random_bits() -> None:
    drawn = {codes.draw() for _ in range(200)}

    assert len(drawn) == 200
    assert len(codes.ALPHABET) == 32
    for code in drawn:
        assert re.fullmatch(r"([0-9A-HJKMNP-TV-Z]{5}-){3}[0-9A-HJKMNP-TV-Z]{5}", code)


@pytest.mark.parametrize(
    "typed",
    ["0O1IL-ABCDE-FGHJK-MNPQR", " 0o1il abcde fghjk mnpqr ", "00111ABCDEFGHJKMNPQR"],
)
def test_a_code_is_read_as_people_type_it(typed: str) -> None:
    assert codes.digest_of(typed) == codes.digest_of("00111-ABCDE-FGHJK-MNPQR")


def test_a_code_is_good_once(desk: Desk) -> None:
    opened = desk.open_()

    assert desk.enrol(opened.code) is not None
    assert desk.enrol(opened.code) is None
    assert desk.device(opened.enrolment.device_id).version == 1


def test_two_devices_with_one_code_at_once_are_one(desk: Desk) -> None:
    opened = desk.open_()
    first: list[object] = []
    desk.store.meanwhile(lambda: first.append(desk.enrol(opened.code)))

    second = desk.enrol(opened.code)

    assert first[0] is not None
    assert second is None


def test_a_code_is_good_for_a_quarter_of_an_hour(desk: Desk) -> None:
    early, late = desk.open_(), desk.open_()

    desk.later(seconds=CODE_LIFE.total_seconds() - 1)
    assert desk.enrol(early.code) is not None
    desk.later(seconds=1)
    assert desk.enrol(late.code) is None


def test_who_reads_the_event_of_an_opening_can_neither_find_nor_kill_the_code(desk: Desk) -> None:
    opened = desk.open_()
    (event,) = desk.store.reads().events(opened.enrolment.subject)
    groups = opened.code.split("-")

    told = encode(event)

    assert not any(group in told for group in groups)
    for _ in range(20):
        assert desk.enrol(wrong(opened.code)) is None
    assert desk.enrol(opened.code) is not None


def test_a_wrong_code_writes_nothing(desk: Desk) -> None:
    opened = desk.open_()
    before = dict(desk.store.records)

    assert desk.enrol(wrong(opened.code)) is None
    assert dict(desk.store.records) == before


@pytest.mark.parametrize("typed", ["", "-", "7K2QX", "U" * 20, "\ud800" * 20, "é" * 20, "1" * 64])
def test_what_is_no_code_is_refused_like_a_wrong_one(desk: Desk, typed: str) -> None:
    desk.open_()
    before = dict(desk.store.records)

    assert desk.enrol(typed) is None
    assert dict(desk.store.records) == before


# --- a newer credential ---


def test_the_old_credential_is_good_until_the_newer_one_is_used(desk: Desk) -> None:
    device = desk.enrolled()

    renewed = desk.renewed(device.device_id)

    assert renewed.credential.number == 2
    both = desk.device(device.device_id)
    assert both.credential_of(1) is not None
    assert both.credential_of(2) is not None
    desk.use(device.device_id, 2)
    after = desk.device(device.device_id)
    assert after.credential_of(1) is None
    assert after.credential_of(2) is not None
    assert after.pending is None


def test_a_credential_that_was_never_used_gives_way_to_the_next_and_numbers_go_on(
    desk: Desk,
) -> None:
    device = desk.enrolled()
    desk.renewed(device.device_id)

    third = desk.renewed(device.device_id)

    assert third.credential.number == 3
    known = desk.device(device.device_id)
    assert [known.credential_of(number) is not None for number in (1, 2, 3)] == [True, False, True]


@pytest.mark.parametrize("number", [1, 3, 99])
def test_the_use_of_any_other_credential_changes_nothing(desk: Desk, number: int) -> None:
    device = desk.enrolled()
    desk.renewed(device.device_id)
    before = desk.device(device.device_id)

    assert desk.use(device.device_id, number) == before
    assert desk.device(device.device_id) == before


def test_a_first_use_that_is_told_twice_is_noted_once(desk: Desk) -> None:
    device = desk.enrolled()
    desk.renewed(device.device_id)

    first = desk.use(device.device_id, 2)

    assert desk.use(device.device_id, 2) == first
    assert desk.event_types(device.device_id).count("device.rotated") == 1


def test_a_device_of_another_warehouse_cannot_be_enrolled_again(desk: Desk) -> None:
    device = desk.enrolled("W1")

    with pytest.raises(NotFound, match="device_not_found"):
        desk.open_("W2", device.device_id)


# --- revoked ---


def test_a_revoked_device_is_revoked_for_good(desk: Desk) -> None:
    device = desk.enrolled()
    code = desk.open_("W1", device.device_id).code

    revoked = desk.revoke(device.device_id)

    assert revoked.state is DeviceState.REVOKED
    assert revoked.revoked is not None
    assert revoked.revoked.by == "warehouse-1"
    assert desk.enrol(code) is None
    with pytest.raises(Conflict, match="device_revoked"):
        desk.open_("W1", device.device_id)


def test_revoking_twice_changes_nothing(desk: Desk) -> None:
    device = desk.enrolled()
    first = desk.revoke(device.device_id)
    desk.later(hours=1)

    assert desk.revoke(device.device_id) == first
    assert desk.event_types(device.device_id).count("device.revoked") == 1


def test_revoking_names_the_version_that_was_looked_at(desk: Desk) -> None:
    device = desk.enrolled()
    desk.renewed(device.device_id)

    with pytest.raises(Conflict, match="stale_version"):
        desk.revoke(device.device_id, expected=device.version)


def test_a_newer_credential_cannot_bring_a_revoked_device_back(desk: Desk) -> None:
    device = desk.enrolled()
    desk.renewed(device.device_id)
    revoked = desk.revoke(device.device_id)

    assert desk.use(device.device_id, 2) == revoked

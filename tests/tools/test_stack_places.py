"""Where a stack keeps its files, and what happens when they are missing or broken."""

from pathlib import Path

import pytest

from tools.stack.errors import StackError
from tools.stack.places import Place, StackState, User


def state(**changes: object) -> StackState:
    values: dict[str, object] = {
        "name": "dev",
        "stage": "dev",
        "endpoint": "http://127.0.0.1:4566",
        "api_url": "http://127.0.0.1:4566/x",
        "region": "us-east-1",
        "account": "000000000000",
        "pool_id": "p",
        "client_id": "c",
        "machine_client_id": "m",
        "machine_client_secret": "s",
        "token_url": "t",
        "issuer": "i",
        "jwks_url": "j",
        "provider_url": "v",
        "bucket": "b",
        "package": "f",
        "access_key": "test",
        "secret_key": "test",
        "users": {"admin": User(username="admin@tuiku.test", password="pw")},
        "queues": {"scans": "q"},
    }
    return StackState(**{**values, **changes})  # type: ignore[arg-type]  # one dict for all fields


def test_a_written_state_is_read_back(tmp_path: Path) -> None:
    place = Place(name="dev", base=tmp_path)

    place.write_state(state())

    assert place.read_state() == state()


def test_a_stack_that_is_not_up_has_no_state(tmp_path: Path) -> None:
    assert Place(name="dev", base=tmp_path).read_state() is None


@pytest.mark.parametrize("text", ["", "{", "{}", '{"users": 3}', "[]"])
def test_a_broken_state_says_what_to_do(tmp_path: Path, text: str) -> None:
    place = Place(name="dev", base=tmp_path)
    place.folder.mkdir()
    place.state_file.write_text(text)

    with pytest.raises(StackError, match=r"run `make down` and then `make up`"):
        place.read_state()


def test_a_state_with_more_than_we_know_is_read(tmp_path: Path) -> None:
    text = state().to_json().replace("{", '{"newer": 1,', 1)

    assert StackState.from_json(text) == state()


@pytest.mark.parametrize("name", ["", "..", "a/b", "Dev", "-a", "a" * 21, "a b"])
def test_a_name_that_could_leave_the_folder_is_refused(name: str) -> None:
    with pytest.raises(StackError, match="cannot name a stack"):
        Place(name=name)

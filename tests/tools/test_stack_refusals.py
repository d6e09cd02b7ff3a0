"""What keeps a stack from starting is said in one sentence that tells what to do."""

import json
import sys
from pathlib import Path

import pytest

from tools.stack import bringup, emulator
from tools.stack.client import Stack
from tools.stack.errors import StackError
from tools.stack.logs import Line
from tools.stack.places import Place
from tools.stack.processes import Running
from tools.stack.roster import Processes, alone, processes_of, remember
from tools.stack.show import Show
from tools.stack.status import status_of


def _python(folder: Path, says: str) -> Path:
    """An environment whose Python answers this."""
    binary = folder / "bin" / "python"
    binary.parent.mkdir(parents=True)
    binary.write_text(f"#!/bin/sh\n{says}\n")
    binary.chmod(0o755)
    return folder


def test_a_missing_environment_names_make_setup(tmp_path: Path) -> None:
    with pytest.raises(StackError, match="run `make setup`"):
        emulator.interpreter(tmp_path / "missing")


def test_an_environment_without_the_emulator_names_make_setup(tmp_path: Path) -> None:
    version = "{}.{}".format(*sys.version_info[:2])
    venv = _python(tmp_path, f"echo {version} False")

    with pytest.raises(StackError, match=r"delete \.venv-stack and run `make setup`"):
        emulator.interpreter(venv)


def test_another_python_version_is_refused_with_the_reason(tmp_path: Path) -> None:
    venv = _python(tmp_path, "echo 3.8 True")

    with pytest.raises(StackError, match=r"runs Python 3\.8 but .* compiled parts"):
        emulator.interpreter(venv)


def test_a_python_that_does_not_run_is_refused(tmp_path: Path) -> None:
    venv = _python(tmp_path, "exit 3")

    with pytest.raises(StackError, match="does not run"):
        emulator.interpreter(venv)


def test_a_dead_emulator_is_told_with_its_last_line(tmp_path: Path) -> None:
    place = Place(name="dev", base=tmp_path)
    place.folder.mkdir()
    place.emulator_log.write_text("first\nOSError: no space left\n\n")

    assert "OSError: no space left" in str(emulator.died(place))


def test_loading_a_stack_that_is_not_up_names_make_up() -> None:
    with pytest.raises(StackError, match="run `make up` first"):
        Stack.load("never-started")


def test_a_second_command_on_the_same_stack_is_told_to_wait(tmp_path: Path) -> None:
    place = Place(name="dev", base=tmp_path)

    with alone(place), pytest.raises(StackError, match="Another command"), alone(place):
        pass


def test_the_status_of_a_stack_that_is_not_up_is_an_answer(tmp_path: Path) -> None:
    status = status_of(Place(name="dev", base=tmp_path))

    assert (status.is_up, status.is_well, status.queues) == (False, False, {})


def test_taking_down_what_is_not_up_says_so(tmp_path: Path) -> None:
    assert bringup.down(Place(name="dev", base=tmp_path), Show()) is False


def test_taking_down_removes_the_folder_of_a_stack_whose_processes_are_gone(tmp_path: Path) -> None:
    place = Place(name="dev", base=tmp_path / "stack")
    place.folder.mkdir(parents=True)
    gone = Running(pid=2**22 - 1, port=1, mark="tuiku-test-mark")
    remember(place, Processes(emulator=gone, provider=gone, carrier=gone))

    assert bringup.down(place, Show()) is True

    assert not place.base.exists()


def test_a_stack_with_a_broken_state_can_be_taken_down(tmp_path: Path) -> None:
    place = Place(name="dev", base=tmp_path / "stack")
    place.folder.mkdir(parents=True)
    place.state_file.write_text("{")

    assert bringup.down(place, Show()) is True

    assert not place.folder.exists()


def test_a_broken_list_of_processes_is_as_none(tmp_path: Path) -> None:
    place = Place(name="dev", base=tmp_path)
    place.folder.mkdir()
    place.processes_file.write_text('{"emulator": 1}')

    assert processes_of(place) is None


def test_a_json_log_line_is_shown_readable_and_kept_whole_as_json() -> None:
    said = {
        "level": "INFO",
        "message": "received",
        "correlation_id": "c-1",
        "lines": 2,
        "service": "tuiku",
    }
    line = Line.of("api", {"timestamp": 0, "message": json.dumps(said) + "\n"})

    assert (
        line.shown()
        == "00:00:00.000 api                INFO    received  correlation_id=c-1 lines=2"
    )
    assert json.loads(line.to_json()) == {"function": "api", "at_ms": 0, "line": said}


@pytest.mark.parametrize("text", ["Traceback (most recent call last):", "{not json", "[1]", ""])
def test_a_line_that_is_not_json_is_shown_as_it_is(text: str) -> None:
    assert Line.of("api", {"timestamp": 0, "message": text}).shown().rstrip().endswith(text)


def test_progress_off_a_terminal_is_plain_lines(capsys: pytest.CaptureFixture[str]) -> None:
    with Show().step("Deploying [dev]"):
        pass

    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Deploying [dev] ..."
    assert lines[1].startswith("✓ Deploying [dev] ")

"""Bring a local stack up: processes, data stack, people, package, application; and take it down.

Whatever fails, nothing half-started is left running; the logs stay, for they hold the reason.
"""

from __future__ import annotations

import shutil
from dataclasses import replace

from tools.stack import carrier, emulator, packages, provider
from tools.stack.deployment import deploy_to
from tools.stack.errors import StackError
from tools.stack.places import DEFAULT_NAME, Place, StackState
from tools.stack.processes import Running, free_port, stop
from tools.stack.roster import Processes, alone, processes_of, remember, remove_lock
from tools.stack.show import Show

_FIRST_PORT = 4566
_SAVE_S = 60.0


def up(place: Place, show: Show, *, port: int | None = None) -> StackState:
    """Safe to repeat: a running stack is only brought up to date."""
    with alone(place):
        processes = processes_of(place)
        state = place.read_state()
        if (
            processes
            and state
            and processes.emulator.is_alive()
            and emulator.is_ready(processes.emulator.port)
        ):
            return _refresh(place, processes, state, show)
        if processes:
            show.say(f"The stack '{place.name}' stopped without `make down`: it is started again.")
            processes.stop(gently_s=0)
        place.state_file.unlink(missing_ok=True)
        return _fresh(place, show, port)


def _refresh(place: Place, processes: Processes, state: StackState, show: Show) -> StackState:
    """Deploy again if the sources changed; restart the payment provider or carrier if it died."""
    if not processes.provider.is_alive():
        with show.step("Restarting the sandbox payment provider"):
            processes = replace(processes, provider=provider.launch(place, processes.provider.port))
            remember(place, processes)
            provider.wait_until_ready(place, processes.provider)
    if processes.carrier is None or not processes.carrier.is_alive():
        with show.step("Restarting the sandbox carrier"):
            port = free_port(None) if processes.carrier is None else processes.carrier.port
            processes = replace(processes, carrier=_carrier(place, processes, port))
    wanted = packages.fingerprint()
    if state.package == wanted:
        show.say(f"The stack '{place.name}' is already up and its application unchanged.")
        return state
    show.say(f"The stack '{place.name}' is up; the application changed and is deployed again.")
    return deploy_to(place, processes, wanted, show)


def _fresh(place: Place, show: Show, port: int | None) -> StackState:
    kept = _kept_state(place)
    if kept is None:
        shutil.rmtree(place.kept, ignore_errors=True)
    emulator.interpreter()
    port = _port_for(place, kept, port)
    place.folder.mkdir(parents=True, exist_ok=True)
    for log in (place.emulator_log, place.provider_log, place.carrier_log):
        log.unlink(missing_ok=True)
    try:
        processes = _start(place, show, port, kept)
        return deploy_to(place, processes, packages.fingerprint(), show)
    except BaseException:
        started = processes_of(place)
        if started:
            started.stop(gently_s=0)
            place.processes_file.unlink(missing_ok=True)
        raise


def _port_for(place: Place, kept: StackState | None, port: int | None) -> int:
    """The usual stack is where one expects it; others anywhere, for several may start at once."""
    if kept is None:
        return free_port(port, first=_FIRST_PORT if place.name == DEFAULT_NAME else 0)
    before = int(kept.endpoint.rsplit(":", 1)[1])
    if port not in (None, before):
        raise StackError(
            f"The kept data belongs to port {before}: leave PORT out, "
            "or forget the data with `make down` first."
        )
    return free_port(before)


def _kept_state(place: Place) -> StackState | None:
    """The state of a stack that was taken down with its data kept."""
    try:
        return StackState.from_json(place.kept_state_file.read_text("utf-8"))
    except (FileNotFoundError, ValueError, TypeError, KeyError):
        return None


def _start(place: Place, show: Show, port: int, kept: StackState | None) -> Processes:
    resumed = " with the data kept before" if kept else ""
    provider_port = (
        free_port(None) if kept is None else free_port(int(kept.provider_url.rsplit(":", 1)[1]))
    )
    with show.step(f"Starting the local AWS on port {port}{resumed}"):
        first = emulator.launch(place, port)
        try:
            started = Processes(emulator=first, provider=provider.launch(place, provider_port))
            remember(place, started)
        except BaseException:
            stop(first)
            raise
        emulator.wait_until_ready(place, started.emulator)
    with show.step(f"Starting the sandbox payment provider on port {provider_port}"):
        provider.wait_until_ready(place, started.provider)
    carrier_port = free_port(_kept_port(kept))
    with show.step(f"Starting the sandbox carrier on port {carrier_port}"):
        return replace(started, carrier=_carrier(place, started, carrier_port))


def _kept_port(kept: StackState | None) -> int | None:
    """Where the functions of kept data look for the carrier, if they know one."""
    if kept is None or not kept.carrier_url:
        return None
    return int(kept.carrier_url.rsplit(":", 1)[1])


def _carrier(place: Place, processes: Processes, port: int) -> Running:
    """Started, remembered at once so that `down` finds it, and ready."""
    running = carrier.launch(place, port)
    remember(place, replace(processes, carrier=running))
    carrier.wait_until_ready(place, running)
    return running


def down(place: Place, show: Show, *, keep: bool = False) -> bool:
    """Whether there was anything to take down. With `keep` the data stays for the next `up`."""
    if not place.folder.exists():
        return False
    with alone(place):
        processes = processes_of(place)
        state = place.read_state() if keep else None
        if processes:
            with show.step(f"Stopping the stack '{place.name}'"):
                processes.stop(gently_s=_SAVE_S if keep else 0)
        if state:
            _keep(place, state)
        elif not (keep and _kept_state(place)):
            shutil.rmtree(place.folder)
    remove_lock(place)
    return True


def _keep(place: Place, state: StackState) -> None:
    place.kept_state_file.write_text(state.to_json(), "utf-8")
    shutil.rmtree(place.temporary, ignore_errors=True)
    for file in (place.state_file, place.processes_file):
        file.unlink(missing_ok=True)

"""Where a named stack keeps its files, and how its written state looks.

Everything of one stack is in build/stack/<name>/: with the folder goes every trace of it.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

from tools.stack.errors import StackError

ROOT = Path(__file__).resolve().parents[2]
DEFAULT_NAME = "dev"
_NAME = re.compile(r"[a-z][a-z0-9-]{0,19}")


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A person the local stack creates: one a role."""

    username: str
    password: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StackState:
    """What a client must know of a running stack; written as state.json once it is healthy."""

    name: str
    stage: str
    endpoint: str
    api_url: str
    region: str
    account: str
    pool_id: str
    client_id: str
    machine_client_id: str
    machine_client_secret: str
    token_url: str
    issuer: str
    jwks_url: str
    provider_url: str
    provider_secret: str = ""
    carrier_url: str = ""
    carrier_secret: str = ""
    bucket: str
    package: str
    access_key: str
    secret_key: str
    users: dict[str, User] = field(default_factory=dict)
    queues: dict[str, str] = field(default_factory=dict)
    tables: dict[str, str] = field(default_factory=dict)
    functions: dict[str, str] = field(default_factory=dict)

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=2, sort_keys=True) + "\n"

    @classmethod
    def from_json(cls, text: str) -> StackState:
        """Raises ValueError, TypeError or KeyError for anything else than a written state."""
        raw = json.loads(text)
        if not isinstance(raw, dict) or not isinstance(raw.get("users"), dict):
            raise TypeError("it is not a stack's state")
        known = {item.name for item in fields(cls)}
        values = {key: value for key, value in raw.items() if key in known}
        values["users"] = {role: User(**user) for role, user in raw["users"].items()}
        return cls(**values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The folder of one stack."""

    name: str = DEFAULT_NAME
    base: Path = ROOT / "build" / "stack"

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise StackError(
                f"'{self.name}' cannot name a stack: use 1 to 20 small letters, "
                "digits and hyphens, a letter first."
            )

    @property
    def folder(self) -> Path:
        return self.base / self.name

    @property
    def state_file(self) -> Path:
        return self.folder / "state.json"

    @property
    def processes_file(self) -> Path:
        return self.folder / "processes.json"

    @property
    def kept(self) -> Path:
        """Data of the emulated AWS that outlives a `down --keep`."""
        return self.folder / "kept"

    @property
    def kept_state_file(self) -> Path:
        """The state of a stack that was taken down with its data kept; `up` resumes from it."""
        return self.kept / "state.json"

    @property
    def temporary(self) -> Path:
        """The emulator's TMPDIR, so that unpacked functions are not left in the system's."""
        return self.folder / "tmp"

    @property
    def emulator_log(self) -> Path:
        return self.folder / "emulator.log"

    @property
    def provider_log(self) -> Path:
        return self.folder / "provider.log"

    @property
    def carrier_log(self) -> Path:
        return self.folder / "carrier.log"

    def read_state(self) -> StackState | None:
        try:
            return StackState.from_json(self.state_file.read_text("utf-8"))
        except FileNotFoundError:
            return None
        except (ValueError, TypeError, KeyError) as exc:
            raise StackError(
                f"{self.state_file} cannot be read ({exc}): run `make down` and then `make up`."
            ) from exc

    def write_state(self, state: StackState) -> None:
        """Atomic: a reader sees the old state or the new one, never half a file."""
        self.folder.mkdir(parents=True, exist_ok=True)
        fresh = self.state_file.with_suffix(".new")
        fresh.write_text(state.to_json(), "utf-8")
        fresh.replace(self.state_file)


def all_places(base: Path = Place().base) -> list[Place]:
    """Every stack that left a folder, running or not."""
    folders = sorted(base.iterdir()) if base.exists() else []
    return [Place(name=folder.name, base=base) for folder in folders if folder.is_dir()]

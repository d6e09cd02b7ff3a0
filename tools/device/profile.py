"""What a device was handed when it was enrolled, in a file that only its user may read."""

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Self

_FILE = "device.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """`base_url` is the API's address up to and without /v1."""

    base_url: str
    device_id: str
    credential: int
    secret: str = field(repr=False)
    warehouse: str

    @classmethod
    def load(cls, folder: Path) -> Self | None:
        """None where nothing is enrolled in this folder."""
        try:
            return cls(**json.loads((folder / _FILE).read_text("utf-8")))
        except FileNotFoundError:
            return None

    def save(self, folder: Path) -> None:
        """Whole or not at all, and never readable by others, not even for a moment."""
        folder.mkdir(parents=True, exist_ok=True)
        fresh = folder / f"{_FILE}.new"
        fresh.unlink(missing_ok=True)
        file = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(file, "w", encoding="utf-8") as opened:
            json.dump(asdict(self), opened)
            opened.flush()
            os.fsync(opened.fileno())
        fresh.replace(folder / _FILE)

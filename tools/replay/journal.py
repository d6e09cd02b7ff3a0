"""What a run has learned, so that the next asks less. Never needed: the system decides."""

import json
import threading
from pathlib import Path


class Journal:
    """Facts under names, one JSON line each; a line torn by a kill is ignored."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._facts: dict[str, str] = {}
        if path.exists():
            for line in path.read_text(encoding="utf-8").splitlines():
                try:
                    name, fact = json.loads(line)
                except ValueError:
                    continue
                self._facts[name] = fact

    def get(self, name: str) -> str | None:
        return self._facts.get(name)

    def put(self, name: str, fact: str) -> None:
        with self._lock:
            self._facts[name] = fact
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps([name, fact]) + "\n")

    def forget(self) -> None:
        with self._lock:
            self._facts.clear()
            self._path.unlink(missing_ok=True)

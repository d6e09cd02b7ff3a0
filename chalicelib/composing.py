"""Puts the application together: all of it, or, as it is deployed, an address when it is asked for.

A package holds a table of which modules serve which address (tools/packaging/addresses.py). A new
worker then imports what its first request needs and nothing of the rest; sources have no such
table, so everything that reads routes (tests, the OpenAPI document, packaging) sees all of them.
"""

import gc
import json
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path

from chalice.app import Chalice, RouteEntry

from chalicelib.api import authorizer, methods

TABLE = Path(__file__).with_name("addresses.json")
PREFIX = "/v1"


def compose(app: Chalice) -> None:
    """Register every address, and every worker's function."""
    app.register_blueprint(authorizer.bp)
    if TABLE.exists():
        app.routes = Addresses(app, json.loads(TABLE.read_bytes()))
        return
    from chalicelib.api.resources import RESOURCES  # noqa: PLC0415 - see above
    from chalicelib.workers.functions import WORKERS  # noqa: PLC0415

    for resource in RESOURCES:
        app.register_blueprint(resource.bp, url_prefix=PREFIX)
    methods.complete(app)
    for worker in WORKERS:
        app.register_blueprint(worker.bp)


class Addresses(dict[str, dict[str, RouteEntry]]):
    """Routes by address, each registered when it is first looked at; `modules` serve it."""

    def __init__(self, app: Chalice, modules: Mapping[str, Sequence[str]]) -> None:
        super().__init__()
        self._app = app
        self._modules = modules
        self._loaded: set[str] = set()
        self._complete: set[str] = set()
        self._is_loading = False

    def __getitem__(self, address: str) -> dict[str, RouteEntry]:
        if self._is_loading:
            return self.setdefault(address, {})
        if address not in self._complete:
            self._load(address)
        return super().__getitem__(address)

    def _load(self, address: str) -> None:
        """Raises KeyError for an address that nothing serves, as a dict does."""
        wanted = [name for name in self._modules[address] if name not in self._loaded]
        gc.disable()  # As app.py does, and for its reason.
        self._is_loading = True
        try:
            for name in wanted:
                module = import_module(name)
                self._app.register_blueprint(module.bp, url_prefix=PREFIX)
                self._loaded.add(name)
            methods.complete_address(self._app, address, super().__getitem__(address))
            self._complete.add(address)
        finally:
            self._is_loading = False
            gc.freeze()
            gc.enable()

"""What the service says about itself: is it well, and what does its API look like. No sign-in."""

from functools import cache

from chalice.app import Blueprint

from chalicelib import __version__, wiring
from chalicelib.api import openapi
from chalicelib.api.answers import ok
from chalicelib.api.authorizer import PUBLIC
from chalicelib.api.boundary import endpoint
from chalicelib.api.schemas.meta import HealthView
from chalicelib.core.commands import Answer
from chalicelib.core.errors import TransientError
from chalicelib.settings import MissingSetting, settings

bp = Blueprint(__name__)
_NO_SUCH_TASK = "tsk_health"


@bp.route("/health", methods=["GET"], **PUBLIC)
@endpoint(bp, allow=None, answer=HealthView)
def read_health() -> Answer:
    """Say whether the service is well."""
    dependencies = {"core": _core_state()}
    return ok(
        HealthView(
            status="ok" if set(dependencies.values()) == {"ok"} else "degraded",
            stage=settings.stage,
            version=__version__,
            dependencies=dependencies,
        )
    )


@bp.route("/openapi.json", methods=["GET"], **PUBLIC)
@endpoint(bp, allow=None)
def read_openapi() -> Answer:
    """Read this description of the API."""
    return _described()


@cache
def _described() -> Answer:
    return ok(openapi.describe(bp.current_app))


def _core_state() -> str:
    """One read of a key that does not exist: the cheapest question the table can answer."""
    try:
        wiring.reads().task(_NO_SUCH_TASK)
    except TransientError:
        return "unreachable"
    except MissingSetting:
        return "not set up"
    return "ok"

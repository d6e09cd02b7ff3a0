"""What the service says about itself: is it well, and what does its API look like. No sign-in."""

from dataclasses import replace
from functools import cache

from chalice.app import Blueprint

from chalicelib.api import openapi
from chalicelib.api.answers import ok
from chalicelib.api.authorizer import PUBLIC
from chalicelib.api.boundary import endpoint
from chalicelib.api.health import Checkup
from chalicelib.api.schemas.meta import HealthView
from chalicelib.core.commands import Answer

bp = Blueprint(__name__)
_RETRY_S = "5"


@bp.route("/health", methods=["GET"], **PUBLIC)
@endpoint(bp, allow=None, answer=HealthView, status=(200, 503))
def read_health() -> Answer:
    """Say whether the service is well: tables, files, queues, and how far the lists are behind.

    It is looked at anew every five seconds. Only without the core table is the service down.
    """
    health = checkup().health()
    answer = ok(health)
    if health.status == "down":
        return replace(answer, status=503, headers={"Retry-After": _RETRY_S})
    return answer


@cache
def checkup() -> Checkup:
    """The memory of this process."""
    return Checkup()


@bp.route("/openapi.json", methods=["GET"], **PUBLIC)
@endpoint(bp, allow=None)
def read_openapi() -> Answer:
    """Read this description of the API."""
    return _described()


@cache
def _described() -> Answer:
    return ok(openapi.describe(bp.current_app))

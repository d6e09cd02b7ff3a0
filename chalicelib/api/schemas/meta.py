"""What the service says about itself."""

from typing import Literal

from chalicelib.contracts.fields import View


class HealthView(View):
    """`degraded`: it answers, but not everything it needs does."""

    status: Literal["ok", "degraded"]
    stage: str
    version: str
    dependencies: dict[str, str]

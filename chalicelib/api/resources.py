"""All resources of the API, in the order in which they are described."""

from chalicelib.api import (
    exceptions,
    imports,
    inspections,
    jobs,
    meta,
    metrics,
    orders,
    photos,
    receiving,
    reconciliations,
    returns,
    scans,
    settlements,
    stock,
    tasks,
)

RESOURCES = (
    orders,
    returns,
    receiving,
    photos,
    inspections,
    settlements,
    scans,
    stock,
    exceptions,
    tasks,
    imports,
    jobs,
    reconciliations,
    metrics,
    meta,
)

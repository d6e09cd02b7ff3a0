"""Long work that outlives a request: imports, reconciliation, metrics. One record a job."""

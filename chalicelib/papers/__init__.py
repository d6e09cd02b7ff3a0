"""Papers that people print or keep: what stands on them, and where they lie once they are drawn."""

"""Photos as evidence: asked for, uploaded, then clean or rejected; only clean ones are served."""

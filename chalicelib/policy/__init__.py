"""May this come back, and who decides? Versioned rules as data, pure evaluation with a trace."""

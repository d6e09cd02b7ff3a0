"""Money back: what is owed for accepted units, paid leg by leg, each leg exactly once."""

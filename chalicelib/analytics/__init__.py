"""What returns come to, by hour and day: folded from events, recomputable at any time."""

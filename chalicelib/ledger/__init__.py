"""The money of returns in double entry: what is owed, what went where, and whether it agrees."""

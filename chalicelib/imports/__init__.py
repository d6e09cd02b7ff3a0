"""Orders and stock counts from CSV files: every fault named by row and column, resumable."""

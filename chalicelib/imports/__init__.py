"""Orders, returns, stock counts from CSV files: each fault by row and column, resumable."""

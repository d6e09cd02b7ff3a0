"""Speed and cost, each figure measured beside its floor in the same run: `python -m bench`."""

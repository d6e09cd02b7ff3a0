"""The return and its lines: five axes per unit, quantity buckets, lifecycle, derived status."""

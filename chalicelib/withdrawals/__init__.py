"""Statutory withdrawal: declared by the buyer, acknowledged at once, and approved by nobody."""

"""Parcels on their way back: labels, pickups and what carriers say about them."""

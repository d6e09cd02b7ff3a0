"""Counting at the door: what came in a box, on a pallet or for a return, beside what was said."""

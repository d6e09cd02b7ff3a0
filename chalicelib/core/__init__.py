"""What every business folder may lean on: money, ids, time, errors, events.

Standard library only.
"""

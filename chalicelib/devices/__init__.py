"""Devices of warehouses: enrolled by a one-time code, known by what they sign, revoked at once."""

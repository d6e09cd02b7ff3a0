"""Replays real invoices and credit notes through a running stack and checks every total."""

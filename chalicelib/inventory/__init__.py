"""The stock ledger: immutable double-entry movements between named accounts, balances beside them."""

"""The stock ledger: immutable double-entry movements between accounts, balances beside them."""

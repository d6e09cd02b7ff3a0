"""Do documents, ledger and money agree? Every difference is found, explained, and never hidden."""

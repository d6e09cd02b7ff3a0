"""EPCIS 2.0: events of trading partners become our scans, and our events are told as theirs."""

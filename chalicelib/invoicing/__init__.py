"""Papers of money given back: credit notes, red-letter invoices, and lines for the books."""

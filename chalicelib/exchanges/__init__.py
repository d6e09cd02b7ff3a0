"""Other goods in place of those that come back: promised, sent, delivered, or taken back."""

"""What the pretended payment provider remembers and how it behaves."""

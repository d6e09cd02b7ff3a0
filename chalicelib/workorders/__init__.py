"""Work on goods that came back: repacked, repaired, refurbished, in the house or at a workshop."""

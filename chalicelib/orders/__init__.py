"""What was sold and shipped, at which price, and what of it may still come back."""

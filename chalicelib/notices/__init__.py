"""What a warehouse that is not ours is told before goods come, and what it tells of them back."""

"""What is known of a customer when a return is decided: lists they are on, and their history."""

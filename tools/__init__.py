"""What builds, runs and operates tuiku from outside; never deployed."""

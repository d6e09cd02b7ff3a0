"""What untrusted JSON must look like, where more than one edge reads the same shape."""

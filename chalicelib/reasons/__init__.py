"""Why goods come back: the managed catalogue of reasons, and what other systems call them."""

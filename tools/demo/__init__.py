"""Shows the whole flow on a running local stack, as its clients would use it, and checks it."""

"""`tuiku`: what an operator does from the command line, on a local stack or a deployed stage."""

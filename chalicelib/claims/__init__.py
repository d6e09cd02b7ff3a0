"""Claims of customers for goods that do not come back: missing, damaged, wrong, never arrived."""

"""Store credit: given for returns, spent on orders, and gone when its day is over."""

"""Calling goods back by a query over sales: what it would reach is shown before it is drafted."""

"""How a package and the two templates become a running stage."""

"""Those who made or sold us the goods: what goes back to them and what they owe us."""

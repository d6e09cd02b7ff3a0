"""How the deployable is made: clean copy, Chalice, pruned packages, byte code, zip and template."""

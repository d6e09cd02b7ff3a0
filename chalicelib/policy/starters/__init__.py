"""The policies that a merchant may start from; each file is one version."""

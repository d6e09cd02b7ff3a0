"""tuiku: a serverless backend for sales returns."""

from chalicelib.core import prepared

__version__ = "0.1.0"

# Here, because it stands before every class of ours in every function.
prepared.install()

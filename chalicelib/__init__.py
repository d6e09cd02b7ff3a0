"""tuiku: a serverless backend for sales returns."""

__version__ = "0.1.0"

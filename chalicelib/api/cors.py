"""Which other origins' pages may call the API, what they may send, and what they may read."""

from chalice.app import CORSConfig

from chalicelib.settings import settings

CORS = CORSConfig(
    allow_origin=settings.allowed_origin,
    allow_headers=[
        "Accept-Language",
        "Idempotency-Key",
        "If-Match",
        "If-None-Match",
        "X-Correlation-Id",
        "X-Request-Id",
    ],
    expose_headers=[
        "Allow",
        "Content-Language",
        "ETag",
        "Idempotency-Replayed",
        "Link",
        "Location",
        "RateLimit-Policy",
        "Retry-After",
        "X-Request-Id",
    ],
    max_age=600,
)

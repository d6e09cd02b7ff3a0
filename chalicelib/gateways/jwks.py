"""Fetching the issuer's public keys over HTTP: short, small, and without redirects."""

import urllib3

SIZE_MAX = 64 * 1024
_TIMEOUT = urllib3.Timeout(connect=2.0, read=3.0)
_RETRIES = urllib3.Retry(total=1, redirect=0, raise_on_redirect=False, backoff_factor=0.1)


def fetch_jwks(url: str) -> bytes:
    """The JWKS document; raises OSError when the issuer does not give one."""
    with urllib3.PoolManager(num_pools=1) as pool:
        try:
            response = pool.request(
                "GET", url, timeout=_TIMEOUT, retries=_RETRIES, preload_content=False
            )
            try:
                body = response.read(SIZE_MAX + 1, decode_content=True)
            finally:
                response.release_conn()
        except urllib3.exceptions.HTTPError as error:
            raise OSError(f"the issuer's keys could not be fetched: {error}") from error
    if response.status != 200 or len(body) > SIZE_MAX:
        raise OSError(f"the issuer answered {response.status} with {len(body)} bytes")
    return body

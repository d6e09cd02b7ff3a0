"""The AWS clients of a process: made when first needed, with short and bounded waiting.

Region, endpoint and credentials come from what botocore reads by itself, unless said otherwise.
boto3 is imported at the first use, because it is the largest part of a cold start.
"""

import threading
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from botocore.config import Config

if TYPE_CHECKING:
    from boto3.session import Session
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

CONNECT_TIMEOUT_S = 1
READ_TIMEOUT_S = 3
# Objects are larger than rows: there may be more time between two bytes.
S3_READ_TIMEOUT_S = 10
REKOGNITION_READ_TIMEOUT_S = 5
ATTEMPTS_MAX = 3


class Aws:
    """Clients by service. They may be shared between threads; so may this."""

    def __init__(
        self,
        *,
        region: str | None = None,
        endpoint_url: str | None = None,
        s3_public_endpoint: str = "",
    ) -> None:
        self._region = region
        self._endpoint_url = endpoint_url
        self._s3_public_endpoint = s3_public_endpoint
        # A boto3 session may not make clients in two threads at once.
        self._making = threading.RLock()

    @cached_property
    def session(self) -> "Session":
        import boto3  # noqa: PLC0415 - see above

        return boto3.Session(region_name=self._region)

    @cached_property
    def s3(self) -> "S3Client":
        return self._s3_client(self._endpoint_url, addressing="auto")

    @cached_property
    def s3_presigner(self) -> "S3Client":
        """Signs addresses for browsers, which may reach S3 under another name than we do.

        With "auto", botocore signs for the global bucket.s3.amazonaws.com, which redirects for a
        day after a bucket was made elsewhere than in us-east-1; a browser's POST does not survive
        that. "virtual" is the regional name, and cannot be used with an endpoint of our own.
        """
        if self._s3_public_endpoint:
            return self._s3_client(self._s3_public_endpoint, addressing="path")
        if ".amazonaws.com" in self.s3.meta.endpoint_url:
            return self._s3_client(self._endpoint_url, addressing="virtual")
        return self.s3

    @cached_property
    def sqs(self) -> "SQSClient":
        with self._making:
            config = _config(READ_TIMEOUT_S)
            return self.session.client("sqs", endpoint_url=self._endpoint_url, config=config)

    @cached_property
    def secrets(self) -> Any:
        """Any: there are no stubs of this service here, and one call is all we need of it."""
        with self._making:
            config = _config(READ_TIMEOUT_S)
            client: Any = self.session.client(
                "secretsmanager", endpoint_url=self._endpoint_url, config=config
            )
            return client

    @cached_property
    def ssm(self) -> Any:
        """Any: as for secrets."""
        with self._making:
            config = _config(READ_TIMEOUT_S)
            client: Any = self.session.client("ssm", endpoint_url=self._endpoint_url, config=config)
            return client

    @cached_property
    def rekognition(self) -> Any:
        """Any: as for secrets. One attempt: a photo does not wait for what a machine thinks."""
        with self._making:
            config = _config(REKOGNITION_READ_TIMEOUT_S).merge(
                Config(retries={"mode": "standard", "total_max_attempts": 1})
            )
            client: Any = self.session.client(
                "rekognition", endpoint_url=self._endpoint_url, config=config
            )
            return client

    def _s3_client(
        self, endpoint_url: str | None, *, addressing: Literal["auto", "path", "virtual"]
    ) -> "S3Client":
        # Left alone, botocore presigns with version 2 in us-east-1, which S3 refuses for objects
        # under a KMS key.
        s3 = Config(signature_version="s3v4", s3={"addressing_style": addressing})
        with self._making:
            config = _config(S3_READ_TIMEOUT_S).merge(s3)
            return self.session.client("s3", endpoint_url=endpoint_url, config=config)


def _config(read_timeout_s: float) -> Config:
    return Config(
        connect_timeout=CONNECT_TIMEOUT_S,
        read_timeout=read_timeout_s,
        retries={"mode": "standard", "total_max_attempts": ATTEMPTS_MAX},
    )

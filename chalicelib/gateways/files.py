"""Objects in the files bucket: forms and addresses for browsers, reading and writing for workers.

The policy of an upload form is what S3 enforces: one exact key, one exact content type, a range of
sizes and a short life. What was uploaded is still not trusted: who reads it caps its size again.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.core.clock import Clock, to_millis
from chalicelib.core.errors import Invalid, NotFound, TransientError

if TYPE_CHECKING:
    from botocore.response import StreamingBody
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

EXPIRY_MAX = timedelta(minutes=5)
LINE_BYTES_MAX = 64 * 1024
_CHUNK_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadForm:
    """A browser POSTs multipart/form-data to `url`: all `fields` first, then `file`."""

    url: str
    fields: Mapping[str, str]
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """What S3 says about an object without sending it."""

    key: str
    size: int
    content_type: str
    etag: str
    modified_at: datetime


class Files:
    """Raises NotFound when there is no such object, TransientError when S3 cannot be asked now."""

    def __init__(self, s3: "S3Client", presigner: "S3Client", *, bucket: str, clock: Clock) -> None:
        self._s3 = s3
        self._presigner = presigner
        self._bucket = bucket
        self._clock = clock

    def upload_form(
        self,
        key: str,
        *,
        content_type: str,
        size_max: int,
        size_min: int = 1,
        expiry: timedelta = EXPIRY_MAX,
    ) -> UploadForm:
        """A form that can put one object under exactly this key."""
        assert timedelta() < expiry <= EXPIRY_MAX, "an upload form is short-lived"
        assert 1 <= size_min <= size_max, "an upload has a size"
        # S3 replaces this by the name of the user's file, so that the key would not be exact.
        assert "${filename}" not in key, "the key of an upload is exact"
        post = self._presigner.generate_presigned_post(
            self._bucket,
            key,
            # boto3 adds no condition for a field: what is not listed twice is not enforced.
            Fields={"Content-Type": content_type},
            Conditions=[
                {"Content-Type": content_type},
                ["content-length-range", size_min, size_max],
            ],
            ExpiresIn=int(expiry.total_seconds()),
        )
        return UploadForm(
            url=post["url"], fields=post["fields"], expires_at=to_millis(self._clock() + expiry)
        )

    def download_url(
        self,
        key: str,
        *,
        file_name: str,
        is_inline: bool = False,
        content_type: str | None = None,
        expiry: timedelta = EXPIRY_MAX,
    ) -> str:
        """An address that serves the object under a name of ours; it does not ask if it exists."""
        assert timedelta() < expiry <= EXPIRY_MAX, "a download address is short-lived"
        asked = {
            "Bucket": self._bucket,
            "Key": key,
            "ResponseContentDisposition": content_disposition(file_name, is_inline=is_inline),
            # What a browser keeps would outlive the address that it was got with.
            "ResponseCacheControl": "private, no-store",
        }
        if content_type is not None:
            asked["ResponseContentType"] = content_type
        return self._presigner.generate_presigned_url(
            "get_object", Params=asked, ExpiresIn=int(expiry.total_seconds())
        )

    def probe(self) -> None:
        """Ask the bucket for no more than where it is; raises TransientError when it cannot be."""
        with _translated(self._bucket):
            self._s3.get_bucket_location(Bucket=self._bucket)

    def head(self, key: str) -> StoredFile:
        with _translated(key):
            found = self._s3.head_object(Bucket=self._bucket, Key=key)
        return StoredFile(
            key=key,
            size=found["ContentLength"],
            content_type=found.get("ContentType", ""),
            etag=found["ETag"].strip('"'),
            modified_at=to_millis(found["LastModified"]),
        )

    def read(self, key: str, *, size_max: int) -> bytes:
        """The whole object; raises Invalid `file_too_large` before it reads more than that."""
        with _translated(key), self._body(key, size_max=size_max) as body:
            content = body.read(size_max + 1)
        if len(content) > size_max:
            raise _too_large(key, size_max)
        return content

    def lines(
        self, key: str, *, size_max: int, line_bytes_max: int = LINE_BYTES_MAX
    ) -> Iterator[bytes]:
        """The lines with their ends, read as they are used, so a large file needs little memory.

        Raises Invalid `line_too_long`: what has no line ends would otherwise be held as a whole.
        """
        with _translated(key), self._body(key, size_max=size_max) as body:
            rest = b""
            for chunk in body.iter_chunks(_CHUNK_BYTES):
                *whole, rest = (rest + chunk).split(b"\n")
                for line in whole:
                    yield _checked(line + b"\n", line_bytes_max)
                _checked(rest, line_bytes_max)
            if rest:
                yield rest

    def write(self, key: str, content: bytes, *, content_type: str) -> None:
        """Replaces what was there; repeating it is harmless."""
        with _translated(key):
            self._s3.put_object(
                Bucket=self._bucket, Key=key, Body=content, ContentType=content_type
            )

    def begin_parts(self, key: str, *, content_type: str) -> str:
        """Begin an object that is written part by part, and is there when it is finished.

        What is never finished is removed by a rule of the bucket.
        """
        with _translated(key):
            begun = self._s3.create_multipart_upload(
                Bucket=self._bucket, Key=key, ContentType=content_type
            )
        return begun["UploadId"]

    def put_part(self, key: str, upload_id: str, number: int, content: bytes) -> str:
        """Store a part; every one but the last has five mebibytes. The same again replaces it."""
        with _translated(key):
            stored = self._s3.upload_part(
                Bucket=self._bucket, Key=key, UploadId=upload_id, PartNumber=number, Body=content
            )
        return stored["ETag"]

    def finish_parts(self, key: str, upload_id: str, etags: Sequence[str]) -> None:
        """Put the parts together; what was finished before stays as it is."""
        parts: list[CompletedPartTypeDef] = [
            {"PartNumber": number, "ETag": etag} for number, etag in enumerate(etags, start=1)
        ]
        with _translated(key):
            try:
                self._s3.complete_multipart_upload(
                    Bucket=self._bucket,
                    Key=key,
                    UploadId=upload_id,
                    MultipartUpload={"Parts": parts},
                )
            except ClientError as exc:
                if exc.response["Error"].get("Code") != "NoSuchUpload":
                    raise
                self._s3.head_object(Bucket=self._bucket, Key=key)

    def delete(self, key: str) -> None:
        """Deleting what is not there is no error."""
        with _translated(key):
            self._s3.delete_object(Bucket=self._bucket, Key=key)

    @contextmanager
    def _body(self, key: str, *, size_max: int) -> Iterator["StreamingBody"]:
        found = self._s3.get_object(Bucket=self._bucket, Key=key)
        body = found["Body"]
        try:
            if found["ContentLength"] > size_max:
                raise _too_large(key, size_max)
            yield body
        finally:
            body.close()


def content_disposition(file_name: str, *, is_inline: bool = False) -> str:
    """RFC 6266: a plain ASCII name for old clients and the exact one beside it."""
    plain = re.sub(r"[^A-Za-z0-9._ -]", "_", file_name).strip() or "file"
    how = "inline" if is_inline else "attachment"
    return f"{how}; filename=\"{plain}\"; filename*=UTF-8''{quote(file_name, safe='')}"


def _checked(line: bytes, line_bytes_max: int) -> bytes:
    if len(line) > line_bytes_max:
        raise Invalid("line_too_long", f"a line has more than {line_bytes_max} bytes")
    return line


def _too_large(key: str, size_max: int) -> Invalid:
    return Invalid("file_too_large", f"the file has more than {size_max} bytes", key=key)


@contextmanager
def _translated(key: str) -> Iterator[None]:
    try:
        yield
    except ClientError as exc:
        raise _error_of(exc.response["Error"].get("Code", ""), key) from exc
    except BotoCoreError as exc:
        raise _error_of(type(exc).__name__, key) from exc


def _error_of(aws_code: str, key: str) -> NotFound | TransientError:
    if aws_code in ("404", "NoSuchKey", "NotFound"):
        return NotFound("file_not_found", "there is no such file", key=key)
    if aws_code in ("403", "AccessDenied"):
        # Without s3:ListBucket, S3 says 403 for an object that is not there.
        return NotFound("file_not_readable", "no such file, or no right to read it", key=key)
    return TransientError("storage_unavailable", "S3 cannot be asked now", aws_code=aws_code)

"""The private bucket that packages are deployed from: tuiku-<stage>-deploy-<account>."""

import hashlib
import json
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

# CloudFormation rolls back to the package before, so old ones stay for a year.
_KEPT_DAYS = 365


def ensure(s3: Any, name: str) -> None:
    try:
        s3.head_bucket(Bucket=name)
    except ClientError as exc:
        if exc.response["Error"]["Code"] not in {"404", "NoSuchBucket", "NotFound"}:
            raise
        _create(s3, name)


def upload(s3: Any, bucket: str, content: bytes, name: str) -> str:
    """The key, which holds the hash of the content: what is there already is not sent again."""
    key = f"{hashlib.sha256(content).hexdigest()}/{name}"
    try:
        s3.head_object(Bucket=bucket, Key=key)
    except ClientError as exc:
        if exc.response["Error"]["Code"] not in {"404", "NoSuchKey", "NotFound"}:
            raise
        s3.put_object(Bucket=bucket, Key=key, Body=content)
    return key


def upload_file(s3: Any, bucket: str, path: Path) -> str:
    return upload(s3, bucket, path.read_bytes(), path.name)


def _create(s3: Any, name: str) -> None:
    region = s3.meta.region_name
    # us-east-1 is the one region that must not be named.
    place = (
        {}
        if region == "us-east-1"
        else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    )
    s3.create_bucket(Bucket=name, **place)
    blocked = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    s3.put_public_access_block(
        Bucket=name, PublicAccessBlockConfiguration=dict.fromkeys(blocked, True)
    )
    rule = {
        "ID": "old-packages",
        "Status": "Enabled",
        "Filter": {"Prefix": ""},
        "Expiration": {"Days": _KEPT_DAYS},
    }
    s3.put_bucket_lifecycle_configuration(Bucket=name, LifecycleConfiguration={"Rules": [rule]})
    s3.put_bucket_policy(Bucket=name, Policy=json.dumps(_tls_only(name, s3.meta.partition)))


def _tls_only(name: str, partition: str) -> dict[str, Any]:
    arn = f"arn:{partition}:s3:::{name}"
    deny = {"Sid": "TlsOnly", "Effect": "Deny", "Principal": "*", "Action": "s3:*"}
    where = {"Resource": [arn, f"{arn}/*"], "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
    return {"Version": "2012-10-17", "Statement": [deny | where]}

"""The policy versions that are published. An order keeps the version it was sold under."""

from chalicelib.core.errors import FieldError, Invalid
from chalicelib.policy.model import PolicyVersion, Review

PUBLISHED: dict[str, PolicyVersion] = {
    policy.version: policy
    for policy in (
        PolicyVersion(
            version="standard-30d",
            title="30 days after delivery",
            window_days=30,
            time_zone="UTC",
            review=Review.PERSON,
        ),
        PolicyVersion(
            version="no-window",
            title="No limit of time",
            window_days=None,
            time_zone="UTC",
            review=Review.PERSON,
        ),
    )
}


def published(version: str, *, pointer: str = "/policy_version") -> PolicyVersion:
    """The version of this name; raises Invalid `unknown_policy_version`."""
    policy = PUBLISHED.get(version)
    if policy is None:
        message = f"{version!r} is not published; known: {', '.join(sorted(PUBLISHED))}."
        raise Invalid(
            "unknown_policy_version",
            message,
            errors=[FieldError(pointer=pointer, code="unknown_policy_version", message=message)],
        )
    return policy

"""What stops a build or a deployment, said in one sentence."""


class PackagingError(Exception):
    """The sources cannot be made into something deployable."""

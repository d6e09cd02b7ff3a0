"""Why a stage was not deployed."""


class DeployFailed(Exception):
    """One sentence for the person who deploys."""

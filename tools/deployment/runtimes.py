"""May a package made by this interpreter go to Lambda, and for how long?

The dates are AWS's forecast as cfn-lint 1.58.0 carries it (LmbdRuntimeLifecycle.json, taken from
https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html); read on 2026-11-21. A test
compares the two.
"""

from datetime import date, timedelta

from tools.deployment.errors import DeployFailed

RECOMMENDED = "python3.13"
DEPRECATED_ON = {
    "python3.10": date(2026, 10, 31),
    "python3.11": date(2027, 6, 30),
    "python3.12": date(2028, 10, 31),
    "python3.13": date(2029, 6, 30),
    "python3.14": date(2029, 6, 30),
}
_NOTICE = timedelta(days=365)


def check(runtime: str, today: date) -> str:
    """A remark worth printing, or nothing; refuses what Lambda does not, or no longer, support."""
    if runtime not in DEPRECATED_ON:
        known = ", ".join(DEPRECATED_ON)
        raise DeployFailed(
            f"{runtime} is no Lambda runtime that this project knows; package with one of {known}"
        )
    ends = DEPRECATED_ON[runtime]
    if today >= ends:
        raise DeployFailed(f"AWS deprecated {runtime} on {ends}; package with {RECOMMENDED}")
    if today + _NOTICE >= ends:
        return f"AWS deprecates {runtime} on {ends}; {RECOMMENDED} is recommended"
    return ""

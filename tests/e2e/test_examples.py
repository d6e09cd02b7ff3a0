"""The walk-throughs of examples/, as a newcomer runs them on a stack that is up."""

import shutil
import subprocess

import pytest

from tools.stack.client import Stack
from tools.stack.places import ROOT

pytestmark = pytest.mark.skipif(
    not (shutil.which("bash") and shutil.which("curl")), reason="no bash or curl"
)


def walked(stack: Stack, script: str) -> str:
    """What the script printed; it has to end well."""
    ended = subprocess.run(
        ["bash", str(ROOT / "examples" / script), stack.state.name],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def test_the_first_return_goes_from_the_order_to_the_money(stack: Stack) -> None:
    told = walked(stack, "first_return.sh")

    assert "money back             SETTLED 96.67 EUR" in told
    assert told.splitlines()[-1].endswith("return.completed")


def test_the_first_policy_goes_from_a_slip_of_the_pen_to_why(stack: Stack) -> None:
    told = walked(stack, "first_policy.sh")

    parts = dict(part.split("\n", 1) for part in told.split("\n# ")[1:])
    past, check, draft, publish, sell, why = parts.values()
    assert "was sold under standard-30d" in past
    assert "✗ /rules/3/when/fact" in check
    assert "✗ /rules/4/then/fees/restocking_percent" in check
    assert check.rstrip().endswith("2 faults, 0 oddities.\n0 faults, 0 oddities.")
    assert "is kept as a draft, version 1." in draft
    assert "higher fees" in draft
    assert "自签收次日起30天内可申请退货。" in publish
    assert "less  15.00 EUR restocking\n  less   5.00 EUR flat\nback  79.99 EUR" in sell
    assert "● All else: 30 days, 45 to exchange [all-else] held" in why
    assert why.rstrip().endswith("Decided again now, it comes out the same.")

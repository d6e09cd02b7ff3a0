"""The demo as a newcomer runs it: everything on the deployed application ends as it should."""

import json
import re
import subprocess
import sys

from tools.demo.floor import FLOOR
from tools.demo.goods import GOODS
from tools.demo.money import MONEY
from tools.demo.scenes import SCENES
from tools.demo.terms import TERMS
from tools.demo.warehouse import ARRIVALS
from tools.stack.client import Stack
from tools.stack.places import ROOT


def test_the_demo_ends_as_it_should(stack: Stack) -> None:
    command = [sys.executable, "-m", "tools.demo", "--name", stack.state.name]

    ended = subprocess.run(
        [*command, "--orders", "8", "--json"],
        cwd=ROOT, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip

    assert ended.returncode == 0, ended.stderr
    told = json.loads(ended.stdout)
    assert told["ok"], told
    assert len(told["scenes"]) == len([*SCENES, *MONEY, *TERMS, *FLOOR, *ARRIVALS, *GOODS])
    # Four scenes sell nothing, and what store credit buys is one order more.
    assert told["orders_put"] + told["orders_imported"] == 8 + len(told["scenes"]) - 4 + 1
    read_back = told["read_back"]
    assert read_back["paid"]["JPY"] == "665"
    (money,) = (check["text"] for check in told["checks"] if check["title"] == "Money")
    assert re.fullmatch(r"money ledger balances \(.+\), provider's list agrees \(.+\)", money)
    assert read_back["kept"] == {"EUR": "525.00"}
    assert read_back["open_exceptions"] == {
        "BLIND_RETURN": 1, "OVER": 1, "SERIAL_MISMATCH": 1, "UNKNOWN": 1, "WRONG_SKU": 1,
    }  # fmt: skip
    assert sum(read_back["units_by_account"].values()) == 0

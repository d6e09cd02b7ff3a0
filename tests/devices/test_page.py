"""What docs/scanners.md works out is what the code does."""

import re
from pathlib import Path

from chalicelib.auth.permissions import PERMISSIONS
from chalicelib.auth.principal import Role
from chalicelib.devices import signing
from chalicelib.devices.model import CODE_LIFE, RevocationReason

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "scanners.md").read_text("utf-8")


def block(kind: str) -> str:
    (found,) = re.findall(rf"^```{kind}\n(.*?)\n```$", PAGE, re.MULTILINE | re.DOTALL)
    return str(found)


def test_the_worked_example_is_right() -> None:
    header = block("http").removeprefix("Authorization: ")
    secret = re.findall(r"secret `([0-9a-f]{64})`", PAGE)[0]

    known = signing.read(header)

    assert known.signed.body == signing.body_hash(block("json").encode())
    assert known.signed.text.decode() == block("text")
    assert signing.is_genuine(known, secret)
    assert signing.authorized(known.device_id, known.credential, secret, known.signed) == header


def test_what_devices_may_do_is_all_that_the_page_says() -> None:
    may = {name for name, roles in PERMISSIONS.items() if Role.DEVICE in roles}

    assert may == {
        "scans:post",
        "scans:read",
        "epcis:capture",
        "epcis:read",
        "parcels:arrive",
        "receivings:count",
        "receivings:read",
        "barcodes:read",
        "devices:read",
        "reasons:read",
    }
    for word in ("post scans", "events", "arrived", "count in receivings", "barcodes", "reasons"):
        assert word in PAGE


def test_the_limits_that_it_names_are_ours() -> None:
    assert f"good for {CODE_LIFE.total_seconds() / 60:.0f} minutes" in PAGE
    assert signing.TOLERANCE.total_seconds() == 5 * 60
    for reason in RevocationReason:
        assert f"`{reason}`" in PAGE

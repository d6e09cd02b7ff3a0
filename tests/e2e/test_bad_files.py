"""Bad CSV files: told row by row, in a file to mend; what is bad moves nothing."""

import csv
import io
from datetime import timedelta

import pytest

from tests.e2e.merchant import Json, Merchant, csv_of, refused
from tools.demo.sale import WAREHOUSE
from tools.generator import rfc3339
from tools.stack.places import ROOT

HEADER = (
    "order_no", "customer_id", "placed_at", "currency", "line_no", "sku", "quantity", "unit_price",
    "payment_captured",
)  # fmt: skip
COUNT_HEADER = ("warehouse", "sku", "quantity", "unit_cost", "currency")


def row(merchant: Merchant, name: str, line_no: int = 1, **cells: object) -> list[object]:
    """A line of an order, right but for the cells that are named."""
    right = {
        "order_no": number(merchant, name),
        "customer_id": "cus-3003",
        "placed_at": rfc3339(merchant.desk.now - timedelta(days=2)),
        "currency": "EUR",
        "line_no": line_no,
        "sku": f"CSV-{line_no}",
        "quantity": 2,
        "unit_price": "10.00",
        "payment_captured": "",
    }
    return list({**right, **cells}.values())


def number(merchant: Merchant, name: str) -> str:
    return f"{merchant.run}-csv-{name}"


def bad_file(merchant: Merchant, run: str) -> bytes:
    """One good order, and four that are each bad in their own way."""
    return csv_of(
        HEADER,
        row(merchant, f"{run}-good"),
        row(merchant, f"{run}-word", quantity="two"),
        row(merchant, f"{run}-word", 2),
        row(merchant, f"{run}-mixed"),
        row(merchant, f"{run}-mixed", 2, currency="USD"),
        row(merchant, f"{run}-digits", unit_price="9.999"),
        row(merchant, f"{run}-nowhere", currency="EURO"),
    )


FAULTS = [
    (3, "quantity", "not_a_whole_number"),
    (6, "currency", "differs_within_order"),
    (7, "unit_price", "too_many_digits"),
    (8, "currency", "unknown_currency"),
]


def errors(job: Json) -> list[tuple[int, str, str]]:
    return [(e["row"], e["column"], e["code"]) for e in job["result"]["errors"]]


def is_known(merchant: Merchant, name: str) -> bool:
    answer = merchant.send("machine", "GET", f"/orders/{number(merchant, name)}")
    if answer.status == 404:
        refused(answer, 404, "order_not_found")
    return answer.status == 200


def test_a_dry_run_tells_every_fault_and_changes_nothing(merchant: Merchant) -> None:
    job = merchant.imported("orders", bad_file(merchant, "dry"), dry_run=True)

    assert job["state"] == "succeeded", job["error"]
    assert (job["result"]["rows"], job["result"]["accepted"]) == (7, 1)
    assert job["result"]["dry_run"] is True
    assert errors(job) == FAULTS
    assert not is_known(merchant, "dry-good")


def test_what_is_good_is_taken_and_the_rest_comes_back_as_a_file_to_mend(
    merchant: Merchant,
) -> None:
    job = merchant.imported("orders", bad_file(merchant, "skip"))

    rejects = merchant.download(job["result"]["rejects_url"]).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(rejects)))
    assert (job["result"]["accepted"], job["result"]["rejected"]) == (1, 6)
    assert [(r["error_row"], r["error_column"], r["error_code"]) for r in rows] == [
        ("3", "quantity", "not_a_whole_number"),
        ("3", "quantity", "order_has_bad_row"),
        ("6", "currency", "order_has_bad_row"),
        ("6", "currency", "differs_within_order"),
        ("7", "unit_price", "too_many_digits"),
        ("8", "currency", "unknown_currency"),
    ]
    assert is_known(merchant, "skip-good")
    assert not is_known(merchant, "skip-word")


def test_the_mended_file_is_taken_as_it_is(merchant: Merchant) -> None:
    job = merchant.imported("orders", bad_file(merchant, "mend"))
    rejects = merchant.download(job["result"]["rejects_url"]).decode("utf-8-sig")
    for wrong, right in (("two", "2"), ("USD", "EUR"), ("9.999", "9.99"), ("EURO", "EUR")):
        rejects = rejects.replace(wrong, right)

    mended = merchant.imported("orders", rejects.encode())

    assert mended["state"] == "succeeded", mended["error"]
    assert (mended["result"]["accepted"], mended["result"]["rejected"]) == (6, 0)
    assert is_known(merchant, "mend-mixed")


def test_all_or_nothing_takes_nothing_of_a_bad_file(merchant: Merchant) -> None:
    job = merchant.imported("orders", bad_file(merchant, "all"), mode="all_or_nothing")

    assert (job["state"], job["error"]["code"]) == ("failed", "import_has_bad_rows")
    assert errors(job) == FAULTS
    assert not is_known(merchant, "all-good")


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "not_utf8"),
        (b"just a letter, and no table\r\nat all\r\n", "bad_header"),
        (b'order_no,"customer_id\r\n', "malformed_csv"),
        (csv_of(HEADER), "no_rows"),
        (csv_of((*HEADER, "colour"), ["x"] * 10), "bad_header"),
    ],
    ids=["an image", "a letter", "an open quote", "no rows", "an unknown column"],
)
def test_a_file_that_is_no_such_table_is_refused_as_a_whole(
    merchant: Merchant, content: bytes, code: str
) -> None:
    job = merchant.imported("orders", content)

    assert (job["state"], job["error"]["code"]) == ("failed", code)
    assert job["error"]["detail"]
    assert f"`{code}`" in (ROOT / "docs" / "errors.md").read_text("utf-8")


def test_a_count_names_its_bad_rows(merchant: Merchant) -> None:
    sku = f"CSV-COUNT-{merchant.run}"
    content = csv_of(
        COUNT_HEADER,
        [WAREHOUSE, sku, 5, "2.00", "EUR"],
        [WAREHOUSE, f"{sku}-B", -1, "2.00", "EUR"],
        [WAREHOUSE, f"{sku}-C", 1, "2.00", "QQQ"],
        [WAREHOUSE, sku, 6, "2.00", "EUR"],
    )

    job = merchant.imported("stock_counts", content)

    assert job["state"] == "succeeded", job["error"]
    assert [(line, column) for line, column, _ in errors(job)] == [
        (3, "quantity"), (4, "currency"), (5, "sku"),
    ]  # fmt: skip
    assert merchant.desk.available(sku) == 5


def test_only_who_may_import_gets_a_form(merchant: Merchant) -> None:
    unknown = merchant.send("machine", "POST", "/imports", {"kind": "customers"})
    forbidden = merchant.send("support", "POST", "/imports", {"kind": "orders"})

    refused(unknown, 400, "body_invalid")
    refused(forbidden, 403, "permission_denied")

"""A policy from a file to terms on paper, as an operator types it."""

import json
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.e2e.operator import Operator
from tools.stack.client import Stack

_FOUND = 1


@pytest.fixture
def operator(stack: Stack) -> Operator:
    return Operator(stack)


def test_a_copy_of_what_is_built_in_is_drafted_published_and_printed(
    operator: Operator, tmp_path: Path
) -> None:
    run = f"ops-{time.time_ns()}"
    copy = operator.types("policy", "show", "cn-no-reason-7d")["document"]
    copy |= {"policy": run, "version": f"{run}-1", "effective_from": datetime.now(UTC).isoformat()}
    file, page, paper = (tmp_path / name for name in ("mine.json", "terms.html", "terms.pdf"))

    file.write_text(json.dumps(copy | {"time_zone": "Mars/Olympus"}), encoding="utf-8")
    wrong = operator.types("policy", "draft", str(file), codes=(_FOUND,))
    file.write_text(json.dumps(copy), encoding="utf-8")
    drafted = operator.types("policy", "draft", str(file))
    published = operator.types("policy", "publish", f"{run}-1")
    ended = operator.types("policy", "end", f"{run}-1", "--at", "2040-01-01T00:00:00Z")

    assert [one["code"] for one in wrong["check"]["faults"]] == ["unknown_time_zone"]
    assert (drafted["state"], published["state"]) == ("draft", "published")
    assert ended["ends"] == "2040-01-01T00:00:00.000Z"
    files = ("--html", str(page), "--pdf", str(paper), "--lang", "zh-CN")
    written = operator.types("policy", "terms", f"{run}-1", *files)["written"]
    assert written == {str(one): one.stat().st_size for one in (page, paper)}
    assert "自签收次日起7天内可申请退货。" in page.read_text("utf-8")
    assert paper.read_bytes().startswith(b"%PDF-")
    assert operator.types("policy", "terms", f"{run}-1")["version_id"] == f"{run}-1"

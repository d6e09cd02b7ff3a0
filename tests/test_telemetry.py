"""Logs: one JSON object a line, ids of the present work, and nothing personal."""

import json
import logging
from typing import Any

import pytest

from chalicelib import telemetry

log = telemetry.logger("tests.telemetry")


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Any:
    telemetry.configure()

    def read() -> list[dict[str, Any]]:
        return [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    return read


def test_a_line_names_the_work_it_belongs_to(lines: Any) -> None:
    with telemetry.bound(correlation_id="t-1", function="ingest_scans"):
        log.info("taken", extra={"scan_id": "s-1"})

    [line] = lines()
    assert (line["message"], line["level"], line["scan_id"]) == ("taken", "INFO", "s-1")
    assert (line["correlation_id"], line["function"]) == ("t-1", "ingest_scans")
    assert line["time"].endswith("Z")


def test_ids_do_not_outlive_their_work() -> None:
    with telemetry.bound(correlation_id="t-1"), telemetry.bound(correlation_id="t-2"):
        assert telemetry.correlation_id() == "t-2"
    assert telemetry.correlation_id() == ""


def test_configuring_again_changes_nothing() -> None:
    telemetry.configure()
    before = list(logging.getLogger().handlers)

    telemetry.configure()

    assert logging.getLogger().handlers == before


def test_personal_fields_are_hidden_at_any_depth(lines: Any) -> None:
    contact = {"name": "Anna Sample", "Email": "anna@example.com", "e-mail": "x", "sku": "A"}

    log.info("order", extra={"order": {"contact": contact, "lines": [contact]}, "phone": "123"})

    [line] = lines()
    assert line["order"]["contact"] == "***"
    assert line["order"]["lines"] == [{"name": "***", "Email": "***", "e-mail": "***", "sku": "A"}]
    assert line["phone"] == "***"


@pytest.mark.parametrize(
    "text",
    [
        "mail to anna@example.com failed",
        "call +49 170 123 4567 now",
        "token eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
    ],
)
def test_what_looks_personal_is_hidden_in_sentences(text: str, lines: Any) -> None:
    log.warning(text)
    log.warning("%s", text)
    try:
        raise RuntimeError(text)
    except RuntimeError:
        log.exception("failed", extra={"facts": [text]})

    for line in lines():
        shown = json.dumps(line)
        assert "***" in shown
        assert "anna@" not in shown
        assert "170 123" not in shown
        assert "eyJhbGci" not in shown


def test_ids_amounts_and_times_are_shown(lines: Any) -> None:
    facts = {"at": "2026-11-21T09:00:00.000Z", "id": "ret_01h", "amount": "96.67 EUR", "n": 5}

    log.info("kept", extra=facts)

    [line] = lines()
    assert {key: line[key] for key in facts} == facts


def test_a_line_is_one_line_whatever_is_logged(lines: Any) -> None:
    log.info('evil\n{"level":"ERROR"}', extra={"a": "b\r\nc", "deep": {"x": {"y": object()}}})

    assert len(lines()) == 1


def test_a_metric_is_an_embedded_metric_line(lines: Any) -> None:
    telemetry.count("returns_received", 3, warehouse="WH1")

    [line] = lines()
    described = line["_aws"]["CloudWatchMetrics"][0]
    assert described["Metrics"] == [{"Name": "returns_received", "Unit": "Count"}]
    assert described["Dimensions"] == [["stage", "warehouse"]]
    assert (line["returns_received"], line["warehouse"]) == (3, "WH1")

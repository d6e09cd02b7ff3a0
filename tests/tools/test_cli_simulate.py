"""`tuiku policy simulate` and `explain`: what they ask the API, and what they print of it."""

import csv
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from chalicelib.core.money import Money
from chalicelib.policy.evaluation import CompiledPolicy, decide
from chalicelib.policy.explaining import explain
from chalicelib.policy.simulation_figures import Tally
from chalicelib.policy.simulation_lists import HEADER, Differences
from tests.policy.documents import eur, line
from tests.policy.pasts import past, under
from tests.policy.test_explaining import POLICY
from tests.policy.test_simulating import SHORT, STANDARD
from tests.tools.test_cli_gate import target
from tools.cli.gate import Gate, Reply
from tools.cli.policy import policy
from tools.cli.policy_explain import lines_of
from tools.cli.policy_simulate import keep, tell, tried
from tools.cli.progress import Screen
from tools.stack.errors import StackError


@dataclass(slots=True)
class Kept:
    """Files by their key."""

    files: dict[str, bytes] = field(default_factory=dict)

    def write(self, key: str, content: bytes, *, content_type: str) -> None:
        self.files[key] = content


def a_report() -> tuple[dict[str, Any], dict[str, bytes]]:
    """Three returns, of which two would be refused, in a list of two parts."""
    compared = [
        under(SHORT, past(STANDARD, region="DE", return_id="ret_1")),
        under(SHORT, past(STANDARD, region="FR", return_id="ret_2")),
        under(STANDARD, past(STANDARD, region="FR")),
    ]
    tally, kept = Tally(), Kept()
    differences = Differences(files=kept, prefix="list")
    for one in compared:
        tally.take(one, ["photo_reused"])
        if one.is_different:
            differences.add(one)
            differences.close()
    tally.leave_out("no_facts")
    head = {"job_id": "job_1", "version_id": "mine-1", "sample": None, "found": 4}
    return {**head, **tally.as_json()}, kept.files


@dataclass(slots=True)
class Api:
    """An API with one simulation, and what was asked of it."""

    state: str = "succeeded"
    asked: list[tuple[str, str, Any]] = field(default_factory=list)

    def __call__(
        self, method: str, url: str, *, body: bytes | None, headers: Mapping[str, str]
    ) -> Reply:
        if url == "https://id/token":
            return _reply({"access_token": "token"})
        report, files = a_report()
        if url.startswith("https://files/"):
            name = url.removeprefix("https://files/")
            content = json.dumps(report).encode() if name == "report" else files[name]
            return Reply(status=200, body=None, content=content)
        self.asked.append((method, url.removeprefix("https://api"), json.loads(body or b"null")))
        error = {"code": "policy_changed", "detail": "It was changed."}
        job = {"id": "job_1", "state": self.state, "error": error, "progress": {}}
        if "/simulations/" in url:
            parts = [f"list-{n:04d}" for n in (1, 2)]
            listed = {k: [f"https://files/{part}.{k}" for part in parts] for k in ("csv", "jsonl")}
            return _reply({**job, "files": {"report": "https://files/report", **listed}})
        return _reply(job, 202 if method == "POST" else 200)


def _reply(body: Any, status: int = 200) -> Reply:
    return Reply(status=status, body=body, content=json.dumps(body).encode())


def simulated(api: Api, **body: Any) -> tuple[Gate, dict[str, Any], dict[str, Any]]:
    gate = Gate(target(), api)
    with Screen(quiet=True).step("Trying") as step:
        files, report = tried(gate, "mine-1", body, step)
    return gate, files, report


def test_a_version_is_tried_and_followed_to_its_end() -> None:
    api = Api()

    _, files, report = simulated(api, sample=3)

    assert api.asked[0] == ("POST", "/v1/policies/mine-1/simulations", {"sample": 3})
    assert [path for _, path, _ in api.asked[1:]] == [
        "/v1/jobs/job_1",
        "/v1/policies/mine-1/simulations/job_1",
    ]
    assert (report["different"], len(files["csv"])) == (2, 2)


def test_a_simulation_that_failed_is_told_with_its_reason() -> None:
    with pytest.raises(StackError, match="failed: policy_changed: It was changed"):
        simulated(Api(state="failed"))


def test_the_parts_of_a_list_are_put_together(tmp_path: Path) -> None:
    gate, files, report = simulated(Api())

    keep(gate, files, report, tmp_path / "out")

    folder = tmp_path / "out"
    with (folder / "differences.csv").open(encoding="utf-8-sig", newline="") as table:
        head, *rows = csv.reader(table)
    lines = (folder / "differences.jsonl").read_text("utf-8").splitlines()
    assert tuple(head) == HEADER
    assert [row[0] for row in rows] == ["ret_1", "ret_2"]
    assert [json.loads(text)["return_id"] for text in lines] == ["ret_1", "ret_2"]
    assert json.loads((folder / "report.json").read_text("utf-8")) == report


def test_the_report_is_told_in_tables(capsys: pytest.CaptureFixture[str]) -> None:
    report, _ = a_report()

    tell(report, None)

    told = capsys.readouterr().out
    assert "mine-1 tried on 3 past returns: 2 would have gone otherwise (66.7%)." in told
    for words in (
        ("refused now", "2"), ("person", "refused", "2"), ("refund", "300.00", "100.00"),
        ("DE", "1 of 1"), ("FR", "1 of 2"),
    ):  # fmt: skip
        assert any(all(word in row for word in words) for row in told.splitlines()), words
    assert "Not known of 3 returns, and not guessed: photo_reused." in told
    assert "Not tried, 1 returns: the facts of their decision were not kept." in told


def test_a_sample_is_told_as_one(capsys: pytest.CaptureFixture[str]) -> None:
    report, _ = a_report()

    tell({**report, "sample": 3}, Path("out"))

    told = capsys.readouterr().out
    assert "(a sample of 4)" in told
    assert "In out: report.json" in told


def explained(language: str, limit: Money | None = None) -> str:
    from chalicelib.api.schemas.explanations import ExplanationView

    compiled = CompiledPolicy(POLICY)
    decided = decide(compiled, [line(category="soap", final_sale=False)])
    (only,) = decided.lines
    decided = replace(decided, lines=(replace(only, second_refunder_above=limit),))
    told = explain(decided, {POLICY.version_id: compiled}, language=language, for_staff=True)
    view = ExplanationView.of(told, return_id="ret_1", number="R26-1")
    return "\n".join(lines_of(view.model_dump(mode="json"), language))


def test_an_explanation_is_readable_on_a_terminal() -> None:
    told = explained("en").splitlines()

    assert told[0] == "R26-1  ret_1"
    assert "✗ Line 1: It cannot be returned: Rule hygiene. (opened_hygiene)" in told
    assert "  ● Rule hygiene [hygiene] held" in told
    assert "      asked: the category = soap" in told
    assert "  ○ Rule sale [sale] did not hold" in told
    assert "      asked: it was sold as final sale = no" in told
    assert "      window: decided before by thirty" in told
    assert told[told.index("Beside the prices:") + 2] == (
        "  - What the delivery cost you is not refunded."
    )
    assert told[-1] == "Decided again now, it comes out the same."


def test_from_when_on_a_second_person_agrees_is_printed_where_it_is_stated() -> None:
    words = "A second person agrees to a refund above"

    assert f"{words}: 300.00 EUR" in explained("en", eur(30_000)).splitlines()
    assert words not in explained("en")


def test_an_explanation_speaks_the_language_that_is_asked_for() -> None:
    told = explained("zh-CN")

    assert "✗ 行 1: 不可退货：规则hygiene。 (opened_hygiene)" in told
    assert "未知" in told
    assert "did not hold" not in told


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["simulate", "mine-1", "--from", "yesterday"], "no day or time"),
        (["simulate", "mine-1"], "run `make up`"),
        (["explain", "R26-1", "--lang", "fr"], "choose en or zh-CN"),
        (["explain", "R26-1"], "run `make up`"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_makes_no_sense_is_refused_before_anything_is_done(
    arguments: list[str], said: str
) -> None:
    with pytest.raises(StackError, match=said):
        policy([*arguments, "--name", "never-started"], standalone_mode=False)

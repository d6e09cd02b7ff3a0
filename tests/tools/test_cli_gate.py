"""The API as the commands see it: one token for many requests, refusals told, jobs followed."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from tools.cli.gate import Gate, Reply
from tools.cli.jobs import failure, followed
from tools.cli.progress import Step
from tools.stack.errors import StackError
from tools.targets import Identity, Target


class Cognito:
    def describe_user_pool_client(self, **_: str) -> dict[str, Any]:
        return {"UserPoolClient": {"ClientSecret": "secret"}}


def target() -> Target:
    return Target(
        shown="a test",
        stage="test",
        region="us-east-1",
        api_url="https://api",
        bucket="bucket",
        queues={},
        tables={},
        functions={},
        identity=Identity(pool_id="pool", client_id="client", token_url="https://id/token"),
        client=lambda _: Cognito(),
    )


@dataclass(slots=True)
class Scripted:
    """Answers in turn; token requests are answered by themselves."""

    replies: list[tuple[int, Any]]
    asked: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    tokens: int = 0

    def __call__(
        self, method: str, url: str, *, body: bytes | None, headers: Mapping[str, str]
    ) -> Reply:
        if url == "https://id/token":
            self.tokens += 1
            return _reply(200, {"access_token": "token", "expires_in": 3600})
        self.asked.append((method, url, dict(headers)))
        return _reply(*self.replies.pop(0))


def _reply(status: int, body: Any) -> Reply:
    return Reply(status=status, body=body, content=json.dumps(body).encode())


def test_one_token_serves_many_requests() -> None:
    http = Scripted([(200, {"a": 1}), (202, {"b": 2})])
    gate = Gate(target(), http)

    assert gate.get("/v1/x") == {"a": 1}
    assert gate.post("/v1/y", {}, key="k") == {"b": 2}

    assert http.tokens == 1
    assert [headers["Authorization"] for _, _, headers in http.asked] == ["Bearer token"] * 2
    assert http.asked[1][2]["Idempotency-Key"] == "k"


def test_a_read_is_repeated_after_a_passing_fault_and_a_write_is_not() -> None:
    http = Scripted(
        [(503, None), (200, {"a": 1}), (503, {"code": "transient", "detail": "Later."})]
    )
    gate = Gate(target(), http)

    assert gate.get("/v1/x") == {"a": 1}
    with pytest.raises(StackError, match="503 transient: Later"):
        gate.post("/v1/y", {}, key="k")
    assert http.replies == []


def test_a_refusal_is_one_sentence_with_its_code() -> None:
    gate = Gate(target(), Scripted([(403, {"code": "permission_denied", "detail": "No."})]))

    with pytest.raises(StackError, match=r"GET /v1/x: 403 permission_denied: No\."):
        gate.get("/v1/x")


def test_the_signature_of_a_link_is_not_told() -> None:
    gate = Gate(target(), Scripted([(403, None)]))

    with pytest.raises(StackError) as told:
        gate.download("https://bucket/report.json?X-Amz-Signature=abc")
    assert "abc" not in str(told.value)


def test_a_job_is_followed_to_its_end_with_its_progress() -> None:
    seen: list[int] = []
    step = Step("Working", lambda step: seen.append(step.done))
    http = Scripted(
        [
            (200, {"id": "j", "state": "queued", "progress": {"done": 0, "total": 0}}),
            (200, {"id": "j", "state": "running", "progress": {"done": 5, "total": 9}}),
            (200, {"id": "j", "state": "succeeded", "progress": {"done": 9, "total": 9}}),
        ]
    )

    job = followed(Gate(target(), http), "j", step, wait=lambda _: None)

    assert job["state"] == "succeeded"
    assert seen == [0, 5, 9]


def test_why_a_job_failed_is_told() -> None:
    job = {"id": "j", "state": "failed", "error": {"code": "bad_file", "detail": "No header."}}

    assert failure(job) == "Job j failed: bad_file: No header."
    assert failure({"id": "j", "state": "cancelled", "error": None}) == "Job j cancelled"

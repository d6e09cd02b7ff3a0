"""Proofs of payments by hand: uploaded for one settlement, named when it is confirmed, shown to
those who keep the books."""

from typing import Any

import pytest

from tests.api.door import Door, Reply
from tests.api.payments.telling import accepted
from tests.stage import BUCKET, Stage

PDF = {"content_type": "application/pdf", "size": 1000}


@pytest.fixture
def settlement(door: Door) -> str:
    """A settlement whose only leg waits for its proof."""
    return_id = accepted(door, "manual", "invoice 7")
    sent = {"If_Match": "*", "Idempotency_Key": "settle"}
    path = f"/v1/returns/{return_id}/settlements"
    settled = door.ask("finance", "POST", path, {"mode": "execute"}, **sent).expect(201)
    assert settled["state"] == "MANUAL"
    return str(settled["settlement_id"])


def form(door: Door, settlement: str, who: str = "finance", **changes: Any) -> Reply:
    path = f"/v1/settlements/{settlement}/proofs"
    return door.ask(who, "POST", path, {**PDF, **changes})


def put(stage: Stage, key: str, content_type: str = "application/pdf") -> None:
    stage.s3.put_object(Bucket=BUCKET, Key=key, Body=b"%PDF-", ContentType=content_type)


def confirm(door: Door, settlement: str, proof: str, key: str = "confirm") -> Reply:
    body = {"payment_id": "p-1", "proof": proof}
    sent = {"If_Match": "*", "Idempotency_Key": key}
    return door.ask("finance", "POST", f"/v1/settlements/{settlement}/confirm", body, **sent)


def listed(door: Door, settlement: str, who: str = "finance") -> Reply:
    return door.ask(who, "GET", f"/v1/settlements/{settlement}/proofs")


@pytest.mark.parametrize(
    ("content_type", "ending"),
    [("application/pdf", ".pdf"), ("image/jpeg", ".jpg"), ("image/png", ".png")],
)
def test_a_form_is_for_exactly_the_file_that_was_announced(
    door: Door, settlement: str, content_type: str, ending: str
) -> None:
    made = form(door, settlement, content_type=content_type).expect(201)

    assert made["proof"].startswith(f"proofs/{settlement}/")
    assert made["proof"].endswith(ending)
    assert made["fields"]["key"] == made["proof"]
    assert made["fields"]["Content-Type"] == content_type


@pytest.mark.parametrize(
    "changes", [{"content_type": "text/html"}, {"size": 0}, {"size": 10 * 1024 * 1024 + 1}]
)
def test_other_files_get_no_form(door: Door, settlement: str, changes: dict[str, Any]) -> None:
    assert form(door, settlement, **changes).status == 400


def test_the_same_request_is_the_same_file(door: Door, settlement: str) -> None:
    path = f"/v1/settlements/{settlement}/proofs"
    first, again = (
        door.ask("finance", "POST", path, PDF, Idempotency_Key="k").expect(201)["proof"]
        for _ in range(2)
    )

    assert first == again != form(door, settlement).expect(201)["proof"]


def test_a_file_that_is_there_proves_the_payment_and_can_be_looked_at(
    door: Door, settlement: str, stage: Stage
) -> None:
    proof = form(door, settlement).expect(201)["proof"]
    assert listed(door, settlement).expect(200)["items"] == []
    put(stage, proof)

    confirmed = confirm(door, settlement, proof).expect(200)

    assert confirmed["state"] == "SETTLED"
    assert confirmed["legs"][0]["reference"] == proof
    (item,) = listed(door, settlement, "auditor").expect(200)["items"]
    assert (item["proof"], item["payment_id"]) == (proof, "p-1")
    assert item["amount"] == {"amount": "193.33", "currency": "EUR"}
    assert "response-content-disposition=attachment" in item["url"]


def test_confirming_again_is_told_the_same(door: Door, settlement: str, stage: Stage) -> None:
    proof = form(door, settlement).expect(201)["proof"]
    put(stage, proof)

    first = confirm(door, settlement, proof)

    assert confirm(door, settlement, proof).raw == first.raw


def test_a_paper_that_is_kept_elsewhere_is_named_as_before(door: Door, settlement: str) -> None:
    assert confirm(door, settlement, "SEPA 9F3K").expect(200)["state"] == "SETTLED"
    assert listed(door, settlement).expect(200)["items"] == []


@pytest.mark.parametrize(
    ("place", "kind"),
    [
        (None, ""),
        ("proofs/{other}/prf_1.pdf", "application/pdf"),
        ("proofs/{own}/../{other}/x.pdf", "application/pdf"),
        ("proofs/{own}/page.pdf", "text/html"),
    ],
    ids=["not uploaded", "of another settlement", "by a detour", "of another kind"],
)
def test_what_is_no_proof_of_this_settlement_proves_nothing(
    door: Door, settlement: str, stage: Stage, place: str | None, kind: str
) -> None:
    proof = form(door, settlement).expect(201)["proof"]
    if place is not None:
        proof = place.format(own=settlement, other="stl_a_b")
        if ".." not in proof:
            put(stage, proof, kind)

    reply = confirm(door, settlement, proof)

    assert (reply.status, reply.body["code"]) == (422, "proof_not_found")
    (leg,) = door.ask("finance", "GET", f"/v1/settlements/{settlement}").expect(200)["legs"]
    assert leg["state"] == "MANUAL"


@pytest.mark.parametrize("who", ["customer", "support", "warehouse", "machine"])
def test_proofs_are_for_those_who_keep_the_books(door: Door, settlement: str, who: str) -> None:
    assert form(door, settlement, who).status == 403
    assert listed(door, settlement, who).status == 403


def test_there_are_no_proofs_of_what_is_not_there(door: Door) -> None:
    for settlement in ("stl_a_b", "x"):
        assert form(door, settlement).status == 404
        assert listed(door, settlement).status == 404

"""The terms of a version, to whoever asks: as data, as a page, on paper."""

import base64
import re
from datetime import timedelta
from hashlib import sha256
from urllib.parse import urlsplit

import pytest

from chalicelib.core.clock import rfc3339, utc_now
from tests.api.door import Door
from tests.api.test_policies import document, published, put
from tests.stage import Stage

PAGE = "/v1/policies/electronics-serial/terms.html"
PAPER = "/v1/policies/electronics-serial/terms.pdf"


def test_anybody_may_read_the_terms_of_what_is_published(door: Door) -> None:
    published(door, document())

    for who in ("nobody", "customer", "auditor"):
        terms = door.ask(who, "GET", "/v1/policies/mine-1/terms").expect(200)
        assert (terms["version_id"], terms["title"]) == ("mine-1", "x")
        assert terms["clauses"][0]["says"] == ["You have 30 days from the day after delivery."]


@pytest.mark.parametrize("form", ["terms", "terms.html", "terms.pdf"])
def test_drafts_are_nobodys_business(door: Door, form: str) -> None:
    put(door, document()).expect(201)

    for version in ("mine-1", "no-such-version"):
        reply = door.ask("nobody", "GET", f"/v1/policies/{version}/{form}")
        assert (reply.status, reply.body["code"]) == (404, "policy_not_found")


def test_staff_see_the_terms_that_a_draft_would_make(door: Door) -> None:
    put(door, document()).expect(201)

    path = "/v1/policies/mine-1/preview"

    assert door.ask("reviewer", "GET", path).expect(200)["version_id"] == "mine-1"
    assert door.ask("customer", "GET", path).status == 403


def test_a_draft_of_no_time_zone_has_no_terms_yet(door: Door) -> None:
    put(door, document(time_zone="Mars/Base")).expect(201)

    reply = door.ask("reviewer", "GET", "/v1/policies/mine-1/preview")

    assert (reply.status, reply.body["code"]) == (422, "policy_faults")
    assert [one["pointer"] for one in reply.body["errors"]] == ["/time_zone"]


def test_what_was_taken_back_is_not_told_as_in_force(door: Door) -> None:
    begins = published(door, document())["begins"]
    door.ask("admin", "POST", "/v1/policies/mine-1/end", {"at": begins}).expect(200)

    terms = door.ask("nobody", "GET", "/v1/policies/mine-1/terms").expect(200)

    assert "taken back" in terms["in_force"]


@pytest.mark.parametrize(
    ("query", "accepted", "title"),
    [
        ("", "", "Electronics with serial numbers"),
        ("", "zh-TW,zh;q=0.9", "带序列号的电子产品"),
        ("?lang=zh-CN", "en", "带序列号的电子产品"),
        ("?lang=en", "zh-CN", "Electronics with serial numbers"),
    ],
)
def test_the_language_is_that_of_the_address_or_of_the_caller(
    door: Door, query: str, accepted: str, title: str
) -> None:
    path = f"/v1/policies/electronics-serial/terms{query}"

    reply = door.ask("nobody", "GET", path, Accept_Language=accepted)

    assert reply.expect(200)["title"] == title
    assert reply.headers["Content-Language"] == reply.body["language"]
    assert reply.headers["Vary"] == "Accept-Language"


def test_a_language_that_is_not_written_here_is_refused_in_the_address(door: Door) -> None:
    assert door.ask("nobody", "GET", f"{PAGE}?lang=fr").status == 400


def test_an_end_that_was_said_later_is_in_the_terms(door: Door) -> None:
    published(door, document(begins_in=-1))
    ends = utc_now() + timedelta(days=3)
    door.ask("admin", "POST", "/v1/policies/mine-1/end", {"at": rfc3339(ends)}).expect(200)

    terms = door.ask("nobody", "GET", "/v1/policies/mine-1/terms").expect(200)

    assert f"until before {ends:%Y-%m-%d}" in terms["in_force"]


def test_the_page_needs_nothing_else_and_allows_nothing_else(door: Door) -> None:
    reply = door.ask("nobody", "GET", PAGE)

    assert reply.status == 200
    assert reply.headers["Content-Type"] == "text/html; charset=utf-8"
    assert reply.headers["X-Content-Type-Options"] == "nosniff"
    (style,) = re.findall(r"<style>(.*?)</style>", reply.raw, re.DOTALL)
    digest = base64.b64encode(sha256(style.encode()).digest()).decode()
    allowed = reply.headers["Content-Security-Policy"]
    assert f"style-src 'sha256-{digest}'" in allowed
    assert "default-src 'none'" in allowed
    assert not re.search(r"<script|<img|<link|style=|http", reply.raw)


def test_the_page_leads_to_its_other_language_and_to_paper(door: Door) -> None:
    english = door.ask("nobody", "GET", PAGE).raw
    chinese = door.ask("nobody", "GET", f"{PAGE}?lang=zh-CN").raw

    assert '<html lang="en">' in english
    assert 'href="terms.html?lang=zh-CN"' in english
    assert 'href="terms.pdf?lang=en"' in english
    assert '<html lang="zh-CN">' in chinese
    assert 'href="terms.html?lang=en"' in chinese
    assert "自签收次日起15天内可申请退货。" in chinese


def test_what_merchants_write_is_text_on_the_page(door: Door) -> None:
    title = {"en": '<script>alert(1)</script> & "more"', "zh-CN": "甲"}
    when = {"fact": "category", "is": "a:b/c"}
    rules = [{"id": "r", "title": title, "when": when, "then": {"window": {"days": 3}}}]
    published(door, document(title=title, rules=rules))

    page = door.ask("nobody", "GET", "/v1/policies/mine-1/terms.html").raw

    assert "<script" not in page
    assert page.count("&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;more&quot;") == 3


def test_paper_is_drawn_once_and_found_at_a_short_lived_address(door: Door, stage: Stage) -> None:
    found = door.ask("nobody", "GET", PAPER)
    again = door.ask("nobody", "GET", PAPER)

    shown = found.expect(303)
    assert shown["url"] == found.headers["Location"]
    assert shown["expires_at"] > rfc3339(utc_now() + timedelta(minutes=4))
    ((key, content),) = stage.objects("terms/").items()
    assert content.startswith(b"%PDF-")
    assert urlsplit(shown["url"]).path.endswith(key)
    assert again.status == 303


def test_each_language_has_a_paper_of_its_own(door: Door, stage: Stage) -> None:
    for language in ("en", "zh-CN"):
        door.ask("nobody", "GET", f"{PAPER}?lang={language}").expect(303)

    keys = list(stage.objects("terms/electronics-serial/"))

    assert {key.split(".", 1)[1] for key in keys} == {"en.pdf", "zh-CN.pdf"}

"""The paper form says what the page says, in both languages, and the same bytes every time."""

import re
import time
from dataclasses import replace

import pytest

from chalicelib.gateways.terms_pdf import terms_pdf
from chalicelib.policy.catalogue import starters
from chalicelib.policy.terms import Terms, terms_of

_SHOWN = re.compile(rb"/(F\d+)[^/]*? Tf|\(((?:[^()\\]|\\.)*)\) Tj", re.DOTALL)
_ESCAPED = re.compile(rb"\\([0-7]{3}|.)", re.DOTALL)


def text_of(pdf: bytes) -> str:
    """What is shown, in order, without spaces; Chinese fonts hold UTF-16, the others Latin."""
    chinese = set(re.findall(rb"/Name /(F\d+)[^>]*?/Type0|/Type0[^>]*?/Name /(F\d+)", pdf))
    chinese_names = {name for pair in chinese for name in pair if name}
    found, font = [], b""
    for name, shown in _SHOWN.findall(pdf):
        if name:
            font = name
            continue
        raw = _ESCAPED.sub(_unescaped, shown)
        found.append(raw.decode("utf-16-be" if font in chinese_names else "cp1252"))
    return re.sub(r"\s", "", "".join(found))


def _unescaped(match: re.Match[bytes]) -> bytes:
    sign = match[1]
    if len(sign) == 3:
        return bytes([int(sign, 8)])
    return {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}.get(sign, sign)


def squeezed(text: str) -> str:
    return re.sub(r"\s", "", text)


@pytest.fixture(params=["en", "zh-CN"])
def terms(request: pytest.FixtureRequest) -> Terms:
    return terms_of(starters()["electronics-serial"], request.param)


def test_every_sentence_is_on_paper(terms: Terms) -> None:
    text = text_of(terms_pdf(terms, is_packed=False))

    for clause in terms.clauses:
        for sentence in (clause.title, clause.applies, *clause.says):
            assert squeezed(sentence) in text
    for sentence in (terms.title, terms.in_force, terms.intro, terms.closing, terms.version_id):
        assert squeezed(sentence) in text


def test_a_very_long_clause_is_on_paper_soon_and_whole() -> None:
    """Whoever asks first waits for it, and a request ends after half a minute."""
    terms = terms_of(starters()["electronics-serial"], "zh-CN")
    words = [f"word {no} 类别" for no in range(8_000)]
    clause = replace(terms.clauses[0], applies="、".join(words), says=(" ".join(words[:500]),))
    long_ones = replace(terms, clauses=(clause,))
    began = time.process_time()

    text = text_of(terms_pdf(long_ones, is_packed=False))

    assert time.process_time() - began < 8
    assert squeezed("、".join(words[:50])) in text
    assert all(squeezed(word) in text for word in (words[0], words[4_000], words[-1]))


def test_the_same_terms_give_the_same_bytes(terms: Terms) -> None:
    assert terms_pdf(terms) == terms_pdf(terms)


def test_chinese_needs_no_font_in_the_file() -> None:
    paper = terms_pdf(terms_of(starters()["cn-no-reason-7d"], "zh-CN"))

    assert b"/STSong-Light" in paper
    assert b"/FontFile" not in paper
    assert len(paper) < 10_000


def test_chinese_words_within_english_terms_are_written_too() -> None:
    english = replace(terms_of(starters()["standard-30d"], "en"), title="Acme 甲乙 & <Co>")

    assert "Acme甲乙&<Co>" in text_of(terms_pdf(english, is_packed=False))


def test_terms_may_have_many_pages() -> None:
    few = terms_of(starters()["electronics-serial"], "en")

    many = terms_pdf(replace(few, clauses=few.clauses * 20), is_packed=False)

    assert len(re.findall(rb"/Type /Page\b", many)) > 3

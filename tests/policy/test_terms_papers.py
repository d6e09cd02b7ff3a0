"""The paper form is drawn when first asked for, and lies where its text says."""

from dataclasses import dataclass, field, replace
from datetime import timedelta

from chalicelib.core.errors import NotFound
from chalicelib.papers.filing import VALID
from chalicelib.policy.catalogue import starters
from chalicelib.policy.terms import Terms, terms_of
from chalicelib.policy.terms_papers import TermsPapers
from tests.builders import NOW


@dataclass(slots=True)
class Bucket:
    """Files in memory."""

    files: dict[str, bytes] = field(default_factory=dict)

    def head(self, key: str) -> object:
        if key not in self.files:
            raise NotFound("file_not_found", "there is no such file", key=key)
        return key

    def write(self, key: str, content: bytes, *, content_type: str) -> None:
        assert content_type == "application/pdf"
        self.files[key] = content

    def download_url(
        self,
        key: str,
        *,
        file_name: str,
        is_inline: bool = False,
        content_type: str | None = None,
        expiry: timedelta,
    ) -> str:
        return f"https://bucket/{key}?name={file_name}"


@dataclass(slots=True)
class Pen:
    """Counts what it draws."""

    drawn: list[Terms] = field(default_factory=list)

    def __call__(self, terms: Terms) -> bytes:
        self.drawn.append(terms)
        return terms.digest.encode()


TERMS = terms_of(starters()["standard-30d"], "en")


def test_a_paper_is_drawn_once_by_a_process() -> None:
    bucket, pen = Bucket(), Pen()
    papers = TermsPapers(bucket, pen)

    first, again = papers.paper(TERMS, NOW), papers.paper(TERMS, NOW)

    assert first == again
    assert first.expires_at == NOW + VALID
    assert first.url.endswith("?name=standard-30d.en.pdf")
    assert (len(pen.drawn), len(bucket.files)) == (1, 1)


def test_what_another_process_drew_is_not_drawn_again() -> None:
    bucket, pen = Bucket(), Pen()
    TermsPapers(bucket, Pen()).paper(TERMS, NOW)

    TermsPapers(bucket, pen).paper(TERMS, NOW)

    assert pen.drawn == []


def test_other_words_are_another_paper_and_the_first_stays() -> None:
    bucket, pen = Bucket(), Pen()
    papers = TermsPapers(bucket, pen)

    papers.paper(TERMS, NOW)
    papers.paper(replace(TERMS, in_force="Applies until tomorrow."), NOW)

    assert len(pen.drawn) == 2
    assert all(key.startswith("terms/standard-30d/") for key in bucket.files)
    assert len(bucket.files) == 2

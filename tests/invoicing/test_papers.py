"""The paper form is drawn where it does not lie, under a name that says what it says."""

from dataclasses import replace

from chalicelib.invoicing.papers import NotePapers
from chalicelib.invoicing.presenting import Buyer, Page, presented
from chalicelib.papers.filing import VALID
from tests.builders import NOW
from tests.invoicing.settlements import draft
from tests.policy.test_terms_papers import Bucket

NOTE = replace(draft(1, 1), number="CN-2026-000001")


class Pen:
    """Counts what it draws."""

    def __init__(self) -> None:
        self.drawn: list[Page] = []

    def __call__(self, page: Page) -> bytes:
        self.drawn.append(page)
        return page.digest.encode()


def test_a_paper_is_drawn_once_while_it_lies_there() -> None:
    bucket, pen = Bucket(), Pen()
    papers, page = NotePapers(bucket, pen), presented(NOTE, "en")

    first, again = papers.paper(NOTE, page, NOW), papers.paper(NOTE, page, NOW)

    assert first == again
    assert first.expires_at == NOW + VALID
    assert first.url.endswith("?name=CN-2026-000001.en.pdf")
    assert len(pen.drawn) == len(bucket.files) == 1


def test_what_the_bucket_forgot_is_drawn_again() -> None:
    bucket, pen = Bucket(), Pen()
    papers, page = NotePapers(bucket, pen), presented(NOTE, "en")
    papers.paper(NOTE, page, NOW)

    bucket.files.clear()
    papers.paper(NOTE, page, NOW)

    assert len(pen.drawn) == 2
    assert len(bucket.files) == 1


def test_another_buyer_or_language_is_another_paper() -> None:
    bucket, pen = Bucket(), Pen()
    papers = NotePapers(bucket, pen)

    for page in (
        presented(NOTE, "en"),
        presented(NOTE, "zh-CN"),
        presented(NOTE, "en", buyer=Buyer(name="Ann")),
    ):
        papers.paper(NOTE, page, NOW)

    assert len(bucket.files) == 3
    assert all(key.startswith(f"credit-notes/{NOTE.note_id}/") for key in bucket.files)

"""What the documents promise is what the code does."""

from tools import reference


def test_every_raised_code_has_words_in_every_language() -> None:
    assert reference.missing_sentences() == []


def test_the_page_of_error_codes_is_made_from_the_code_as_it_is() -> None:
    assert reference.PAGE.read_text(encoding="utf-8") == reference.page()

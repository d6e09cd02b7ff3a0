"""Every case that must pass is told by a test, and every test of the cases tells one."""

from tests.cases.sentences import LATER, PARTLY, RULES, SENTENCES
from tests.cases.told import HTTP, USE_CASE, shown, tellings, told_in


def test_every_test_of_the_cases_bears_a_sentence() -> None:
    silent = [f"{telling.file}: {telling.test}" for telling in tellings() if not telling.keys]

    assert silent == []


def test_every_case_is_told_by_a_test_of_the_use_cases() -> None:
    told = told_in(USE_CASE, tellings())

    assert set(SENTENCES) - told == set(LATER)
    assert set(RULES) <= told
    assert set(PARTLY) <= told


def test_a_third_of_the_cases_is_told_over_http() -> None:
    told = told_in(HTTP, tellings()) & set(SENTENCES)

    assert len(told) * 3 >= len(SENTENCES)


def test_a_file_about_something_else_is_counted_for_the_sentences_that_it_tells() -> None:
    told = {
        key for one in tellings() if one.file == "test_policies_deployed.py" for key in one.keys
    }

    assert {"rule-12", "rule-21", "rule-37"} <= told <= told_in(HTTP, tellings())


def test_the_list_names_each_case_with_its_tests_and_what_is_missing() -> None:
    found = [telling for telling in tellings() if "kit" not in telling.keys]

    listed = shown(found).splitlines()

    assert [line.split()[0] for line in listed[: len(SENTENCES)]] == list(SENTENCES)
    assert listed[-1] == "missing: kit"

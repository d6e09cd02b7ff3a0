"""Languages and the words of problems."""

import json

import pytest

from chalicelib.api import problems
from chalicelib.api.problems import Problem, catalogue, document, negotiate
from chalicelib.core.errors import FieldError


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "en"),
        ("", "en"),
        ("*", "en"),
        ("zh-CN", "zh-CN"),
        ("zh", "zh-CN"),
        ("ZH-hans-cn", "zh-CN"),
        ("zh-TW", "zh-CN"),
        ("en-GB", "en"),
        ("fr", "en"),
        ("fr, zh;q=0.5", "zh-CN"),
        ("fr, en;q=0.9, zh;q=0.8", "en"),
        ("en;q=0.8, zh;q=0.9", "zh-CN"),
        ("zh;q=0", "en"),
        ("zh;q=0, *", "en"),
        ("zh;q=2", "en"),
        ("zh;q=abc", "en"),
        ("zh_CN", "en"),
        ("zh;;q=1", "en"),
        (" zh ; q=0.7 , en ;q=0.6", "zh-CN"),
        ("x" * 10_000, "en"),
        ("," * 10_000 + "zh", "en"),
    ],
)
def test_the_best_language_we_have_is_chosen(header: str | None, language: str) -> None:
    assert negotiate(header) == language


def test_both_catalogues_have_the_same_problems() -> None:
    english, chinese = catalogue("en")["problems"], catalogue("zh-CN")["problems"]

    assert set(english) == set(chinese)
    for words in (*english.values(), *chinese.values()):
        assert words["title"]
        assert words["detail"]


def test_a_code_without_words_borrows_those_of_its_kind() -> None:
    problem = Problem(status=409, code="brand_new", message="It rains.", fallback="conflict")

    english = document(problem, language="en", instance="/v1/x", trace_id="t")
    chinese = document(problem, language="zh-CN", instance="/v1/x", trace_id="t")

    assert (english["code"], english["detail"]) == ("brand_new", "It rains.")
    assert chinese["detail"] == catalogue("zh-CN")["problems"]["conflict"]["detail"]


def test_a_fact_that_is_missing_leaves_its_place_visible() -> None:
    problem = Problem(status=403, code="warehouse_not_yours", fallback="not_allowed")

    assert "–" in str(document(problem, language="zh-CN", instance="/", trace_id="t")["detail"])


def test_a_detail_is_filled_in_without_evaluating_anything() -> None:
    problem = Problem(
        status=403,
        code="warehouse_not_yours",
        fallback="not_allowed",
        details={"warehouse": "{0.__class__}{permission}"},
    )

    shown = document(problem, language="zh-CN", instance="/", trace_id="t")["detail"]

    assert "{0.__class__}{permission}" in str(shown)


def test_a_field_is_explained_in_chinese_where_there_are_words() -> None:
    errors = [
        FieldError(pointer="/a", code="required", message="Field required"),
        FieldError(pointer="/b", code="brand_new", message="It rains."),
    ]
    problem = Problem(status=400, code="body_invalid", fallback="invalid", errors=errors)

    shown = document(problem, language="zh-CN", instance="/", trace_id="t")["errors"]

    assert shown == [
        {"pointer": "/a", "code": "required", "message": "缺少该字段"},
        {"pointer": "/b", "code": "brand_new", "message": "It rains."},
    ]


def test_the_languages_are_those_of_the_files() -> None:
    from pathlib import Path

    files = {path.stem for path in (Path(problems.__file__).parent / "locales").glob("*.json")}

    assert files == set(problems.LANGUAGES)
    for language in files:
        assert json.dumps(catalogue(language), ensure_ascii=False)

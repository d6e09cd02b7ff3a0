"""Writes docs/errors.md from the code and the catalogues; `--check` fails where it is stale.

Every code that the code raises must have its sentences in every language.
"""

import ast
import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CODE = ROOT / "chalicelib"
PAGE = ROOT / "docs" / "errors.md"
LOCALES = CODE / "api" / "locales"
STATUS_OF = {
    "Invalid": 422,
    "NotFound": 404,
    "NotAllowed": 403,
    "PolicyRefused": 422,
    "Conflict": 409,
    "Stale": 412,
    "TransientError": 503,
}
POLICY_CODES = {"not_shipped", "service_not_returnable", "final_sale", "outside_window"}
"""Refusals of the policy, raised by the code of the rule that refused."""
_INTRO = """# Error codes

Every refusal is an `application/problem+json` document (RFC 9457) with a stable `code`; `title`,
`detail` and field messages follow `Accept-Language` (English, 简体中文). `errors` names every bad
field by JSON pointer, `details` holds facts that help to go on (what is left, what is allowed now),
`trace_id` is the correlation id. This page is made from the code by `python -m tools.reference`.

| code | status | title | 中文 |
|---|---|---|---|
"""


def raised_codes(folder: Path = CODE) -> dict[str, int]:
    """Every literal code that the code raises, with its HTTP status."""
    found = dict.fromkeys(POLICY_CODES, 422)
    for path in sorted(folder.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                found.update(_code_of(node))
    return found


def _code_of(call: ast.Call) -> dict[str, int]:
    function = call.func
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    texts = [a.value if isinstance(a, ast.Constant) else None for a in call.args]
    if name in STATUS_OF and texts and isinstance(texts[0], str):
        return {texts[0]: STATUS_OF[name]}
    if name == "Refused" and len(texts) > 1 and isinstance(texts[1], str):
        return {texts[1]: int(str(texts[0]))}
    return {}


def sentences(language: str) -> dict[str, dict[str, str]]:
    """The titles and details of a language, by code."""
    catalogue = json.loads((LOCALES / f"{language}.json").read_text(encoding="utf-8"))
    problems: dict[str, dict[str, str]] = catalogue["problems"]
    return problems


def missing_sentences() -> list[str]:
    """`language: code` for every raised code that a language has no words for."""
    return [
        f"{language}: {code}"
        for language in ("en", "zh-CN")
        for code in sorted(raised_codes())
        if code not in sentences(language)
    ]


def page() -> str:
    """The text of docs/errors.md."""
    english, chinese = sentences("en"), sentences("zh-CN")
    rows = [
        f"| `{code}` | {status} | {english[code]['title']} | {chinese[code]['title']} |"
        for code, status in sorted(raised_codes().items())
    ]
    return _INTRO + "\n".join(rows) + "\n"


def main() -> int:
    """Write the page, or say what is stale or missing."""
    missing = missing_sentences()
    if missing:
        print("Codes without words in a catalogue:", ", ".join(missing), file=sys.stderr)
        return 1
    if "--check" in sys.argv[1:]:
        if not PAGE.exists() or PAGE.read_text(encoding="utf-8") != page():
            print(f"{PAGE.name} is stale: run `python -m tools.reference`.", file=sys.stderr)
            return 1
        return 0
    PAGE.write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

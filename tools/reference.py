"""Writes what documents say of the code: errors.md, policy-reference.md, parts of others.

`--check` fails where a page is stale. Every code that the code raises must have its sentences in
every language.
"""

import ast
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from tools import policy_schema, reference_domain, reference_policy, reference_reasons

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
POLICY_CODES = {
    "contract_required", "final_sale", "goods_used", "no_rule_applies", "not_eligible",
    "not_shipped", "outside_window", "promotion_blocks_partial", "resolution_not_allowed",
    "service_not_returnable", "withdrawal_exempt",
}  # fmt: skip
"""Refusals of policies, raised by the code of the rule that refused: our own, and the starters'."""
BOUNDARY_CODES = {
    "body_invalid": 400,
    "query_invalid": 400,
    "malformed_json": 400,
    "internal_error": 500,
}
"""What the boundary answers without an exception that states code and status together."""
GATEWAY_CODES = {"invalid": 400, "not_found": 404, "throttled": 429, "transient": 503,
                 "timed_out": 504}  # fmt: skip
"""What only the gateway answers, before or instead of the application (infra/app.yaml)."""
_INTRO = """# Error codes

Every refusal is an `application/problem+json` document (RFC 9457) with a stable `code`; `title`,
`detail` and field messages follow `Accept-Language` (English, 简体中文). `errors` names every bad
field by JSON pointer, `details` holds facts that help to go on (what is left, what is allowed now),
`trace_id` is the correlation id. What the gateway answers by itself (no such address, no valid
token, too many requests) looks the same, in English, and its `trace_id` is the gateway's own
`x-amzn-RequestId`. This page is made from the code by `python -m tools.reference`.

| code | status | title | 中文 |
|---|---|---|---|
"""
_JOBS = "A job that failed says why in `error.code`: one of the codes above, or"


def raised_codes(folder: Path = CODE) -> dict[str, int]:
    """Every literal code that the code raises, with its HTTP status."""
    found = dict.fromkeys(POLICY_CODES, 422)
    for tree in _trees(folder):
        helpers = _helpers(tree)
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                found.update(_code_of(node, helpers))
    return found


def job_codes(folder: Path = CODE) -> list[str]:
    """Codes with which a job fails, beside those that requests are refused with."""
    found: set[str] = set()
    for tree in _trees(folder):
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and _name_of(node) in ("BadFile", "Failed"):
                named = [keyword.value for keyword in node.keywords if keyword.arg == "code"]
                found.update(_texts([*named, *node.args[:1]]))
    return sorted(found)


def answered_codes() -> dict[str, int]:
    """Every code that a caller can be told, with its HTTP status."""
    return {**raised_codes(), **BOUNDARY_CODES, **GATEWAY_CODES}


def _trees(folder: Path) -> Iterator[ast.Module]:
    for path in sorted(folder.rglob("*.py")):
        yield ast.parse(path.read_text(encoding="utf-8"))


def _helpers(tree: ast.Module) -> dict[str, tuple[int, int]]:
    """Functions that make an error of the `code` they are given: its place, and the status."""
    found = {}
    for made in (node for node in tree.body if isinstance(node, ast.FunctionDef)):
        names = [argument.arg for argument in made.args.args]
        for node in ast.walk(made):
            if not isinstance(node, ast.Call) or _name_of(node) not in STATUS_OF:
                continue
            if "code" in names and [ast.unparse(given) for given in node.args[:1]] == ["code"]:
                found[made.name] = (names.index("code"), STATUS_OF[_name_of(node)])
    return found


def _code_of(call: ast.Call, helpers: Mapping[str, tuple[int, int]]) -> dict[str, int]:
    name = _name_of(call)
    texts = [a.value if isinstance(a, ast.Constant) else None for a in call.args]
    place, status = helpers.get(name, (0, STATUS_OF.get(name, 0)))
    if name == "Refused" and len(texts) > 1:
        place, status = 1, int(str(texts[0]))
    code = texts[place] if place < len(texts) else None
    return {code: status} if status and isinstance(code, str) else {}


def _name_of(call: ast.Call) -> str:
    function = call.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _texts(nodes: Sequence[ast.expr]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def sentences(language: str) -> dict[str, dict[str, str]]:
    """The titles and details of a language, by code."""
    catalogue = json.loads((LOCALES / f"{language}.json").read_text(encoding="utf-8"))
    problems: dict[str, dict[str, str]] = catalogue["problems"]
    return problems


def missing_sentences() -> list[str]:
    """`language: code` for every code that a language has no words for."""
    return [
        f"{language}: {code}"
        for language in ("en", "zh-CN")
        for code in sorted(answered_codes())
        if code not in sentences(language)
    ]


def page() -> str:
    """The text of docs/errors.md."""
    english, chinese = sentences("en"), sentences("zh-CN")
    rows = [
        f"| `{code}` | {status} | {english[code]['title']} | {chinese[code]['title']} |"
        for code, status in sorted(answered_codes().items())
    ]
    jobs = ", ".join(f"`{code}`" for code in job_codes())
    return _INTRO + "\n".join(rows) + f"\n\n{_JOBS} {jobs}.\n"


def pages() -> dict[Path, str]:
    """Each page that is made from the code, in part or whole, as it should be."""
    domain, reasons = reference_domain.PAGE, reference_reasons.PAGE
    return {
        PAGE: page(),
        domain: reference_domain.page(domain.read_text(encoding="utf-8")),
        reasons: reference_reasons.page(reasons.read_text(encoding="utf-8")),
        reference_policy.PAGE: reference_policy.page(),
        policy_schema.TARGET: policy_schema.rendered(),
    }


def main() -> int:
    """Write the pages, or say what is stale or missing."""
    missing = missing_sentences()
    if missing:
        print("Codes without words in a catalogue:", ", ".join(missing), file=sys.stderr)
        return 1
    is_check, stale = "--check" in sys.argv[1:], False
    for path, text in pages().items():
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        stale = True
        if is_check:
            print(f"{path.name} is stale: run `python -m tools.reference`.", file=sys.stderr)
        else:
            path.write_text(text, encoding="utf-8")
    return 1 if is_check and stale else 0


if __name__ == "__main__":
    sys.exit(main())

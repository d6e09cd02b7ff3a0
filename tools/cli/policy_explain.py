"""`tuiku policy explain`: why a return was accepted, sent to review or refused."""

from collections.abc import Iterator
from typing import Annotated, Any

import typer

from tools.cli.finding import ReturnArgument, return_id_of
from tools.cli.gate import Gate
from tools.cli.options import DEFAULT_NAME, FOUND, AsJson, Name, StageName, target_of
from tools.cli.telling import print_json
from tools.stack.errors import StackError

_HEADINGS = {
    "en": {
        "held": "held", "not": "did not hold", "asked": "asked", "unknown": "not known",
        "decided": "decided", "before": "decided before by", "window": "window",
        "from": "from", "until": "until before", "estimated": "delivery not known, estimated",
        "any": "no limit of time", "line": "Line", "version": "Version", "other": "Otherwise",
        "risk": "Risk", "same": "Decided again now, it comes out the same.",
        "differs": "Decided again now, it comes out DIFFERENT.",
        "older": "Decided before facts were kept: it cannot be decided again.", "yes": "yes",
        "no": "no", "giving": "Beside the prices",
        "second": "A second person agrees to a refund above",
    },
    "zh-CN": {
        "held": "适用", "not": "不适用", "asked": "依据", "unknown": "未知",
        "decided": "决定", "before": "已由以下规则决定", "window": "期限",
        "from": "自", "until": "至（不含）", "estimated": "签收时间未知，按估计",
        "any": "不限时间", "line": "行", "version": "版本", "other": "另一版本",
        "risk": "风险", "same": "现在重新判定，结果相同。",
        "differs": "现在重新判定，结果不同！",
        "older": "作出决定时未保存依据，无法重新判定。", "yes": "是", "no": "否",
        "giving": "商品价款之外", "second": "退款超过以下金额须第二人同意",
    },
}  # fmt: skip


def explain(
    return_: ReturnArgument,
    language: Annotated[str, typer.Option("--lang", help="en or zh-CN.")] = "en",
    name: Name = DEFAULT_NAME,
    stage: StageName = None,
    as_json: AsJson = False,
) -> None:
    """Print the whole trace of a decision: each rule, the facts it asked, and what it decided.

    Exit code 1 if the decision, made again from its facts, comes out different.
    """
    if language not in _HEADINGS:
        raise StackError(f"'{language}' is not spoken here: choose {' or '.join(_HEADINGS)}.")
    gate = Gate(target_of(name, stage))
    return_id = return_id_of(gate, return_)
    told: dict[str, Any] = gate.get(f"/v1/returns/{return_id}/decision", language=language)
    if as_json:
        print_json(told)
    else:
        typer.echo("\n".join(lines_of(told, language)))
    if told["replays"] is False:
        raise typer.Exit(FOUND)


def lines_of(told: dict[str, Any], language: str) -> Iterator[str]:
    """The explanation as text."""
    words = _HEADINGS[language]
    yield f"{told['number']}  {told['return_id']}"
    yield told["review_says"]
    yield from (f"  - {reason['words']} ({reason['code']})" for reason in told["reasons"])
    if told["risk_score"]:
        signals = ", ".join(f"{one['title']} {one['points']:+d}" for one in told["signals"])
        yield f"{words['risk']}: {told['risk_score']} ({signals})"
    for line in told["lines"]:
        yield ""
        yield from _line(line, words)
    yield ""
    yield f"{words['giving']}:"
    yield from (f"  - {sentence}" for sentence in told["giving_says"])
    limit = told["second_refunder_above"]
    if limit is not None:
        yield f"{words['second']}: {_value(limit, words)}"
    yield ""
    outcome = {True: "same", False: "differs", None: "older"}[told["replays"]]
    yield words[outcome]


def _line(line: dict[str, Any], words: dict[str, str]) -> Iterator[str]:
    mark = "✓" if line["eligible"] else "✗"
    yield f"{mark} {words['line']} {line['line_no']}: {line['says']} ({line['code']})"
    if line["policy_version"] is not None:
        title = line["policy_title"] or ""
        yield f"  {words['version']}: {line['policy_version']} {title}. {line['why_version']}"
    other = line["other_version"]
    if other is not None:
        until = other["window_ends"] or "-"
        yield f"  {words['other']}: {other['version_id']}, {other['code']}, {until}"
    for step in line["steps"]:
        yield f"  {'✓' if step['passed'] else '✗'} {step['title']} {step['words']}"
    if line["window"] is not None:
        yield f"  {words['window']}: {_window(line['window'], words)}"
    for rule in line["rules"]:
        yield from _rule(rule, words)


def _rule(rule: dict[str, Any], words: dict[str, str]) -> Iterator[str]:
    mark, held = ("●", words["held"]) if rule["held"] else ("○", words["not"])
    yield f"  {mark} {rule['title']} [{rule['rule']}] {held}"
    if rule["facts"]:
        facts = "; ".join(
            f"{one['words']} = {_value(one['value'], words)}" for one in rule["facts"]
        )
        yield f"      {words['asked']}: {facts}"
    if rule["decides"]:
        said = " ".join(rule["says"])
        yield f"      {words['decided']}: {', '.join(rule['decides'])}. {said}".rstrip()
    for what, by in rule["decided_before"].items():
        yield f"      {what}: {words['before']} {by}"


def _window(window: dict[str, Any], words: dict[str, str]) -> str:
    if window["days"] is None:
        return words["any"]
    estimated = f" ({words['estimated']})" if window["is_estimated"] else ""
    return (
        f"{window['days']} d, {words['from']} {window['counted_from'] or '?'}{estimated}, "
        f"{words['until']} {window['ends_before'] or '?'} ({window['time_zone']})"
    )


def _value(value: Any, words: dict[str, str]) -> str:
    if value is None:
        return words["unknown"]
    if isinstance(value, bool):
        return words["yes" if value else "no"]
    if isinstance(value, dict):
        return f"{value['amount']} {value['currency']}"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)

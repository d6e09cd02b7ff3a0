"""The quality report of an inspection as a sheet in one language. Pure."""

from collections.abc import Mapping

from chalicelib.inspection.checklist import Words
from chalicelib.inspection.reporting import Coded, QcReport, ReportedGroup
from chalicelib.papers.sheet import Grid, Picture, Section, Sheet

_WORDS: dict[str, dict[str, str]] = {
    "en": {
        "title": "Quality report",
        "return": "Return",
        "order": "Order",
        "warehouse": "Warehouse",
        "inspector": "Inspector",
        "inspected": "Inspected (UTC)",
        "duration": "Duration",
        "minutes": "{minutes} min {seconds} s",
        "units": "Units",
        "second": "Second inspection",
        "agreed": "{outcome}, {agreed} of {units} units alike, by {inspector}",
        "open": "{outcome} ({units} units)",
        "superseded": "{count} of these units were inspected again since.",
        "line": "Line {line} · {name} ({sku}) · quantity {count}",
        "serials": "Serial numbers",
        "grade": "Grade",
        "result": "Result",
        "fault": "At fault",
        "defects": "Defects",
        "credit": "Counts for the refund",
        "checklist": "Checklist",
        "part": "Part",
        "question": "Question",
        "answer": "Answer",
        "remarkable": "{answer} (!)",
        "mark": "(!) lowers the grade.",
        "notes": "Note: {text}",
        "proposed": "Proposed (quantity {count}): {way} – {reasons}",
        "photo": "Line {line}, photo {number}",
        "yes": "yes",
        "no": "no",
        "nothing": "–",
        "page": "Page {page} of {pages}",
        "closing": "As recorded by inspection {inspection}; proposals as of the day of printing.",
    },
    "zh-CN": {
        "title": "质检报告",
        "return": "退货单",
        "order": "订单",
        "warehouse": "仓库",
        "inspector": "检验员",
        "inspected": "检验时间（UTC）",
        "duration": "用时",
        "minutes": "{minutes} 分 {seconds} 秒",
        "units": "件数",
        "second": "复检",
        "agreed": "{outcome}，{units} 件中 {agreed} 件一致，复检人 {inspector}",
        "open": "{outcome}（{units} 件）",
        "superseded": "其中 {count} 件此后已重新检验。",
        "line": "第 {line} 行 · {name}（{sku}）· {count} 件",
        "serials": "序列号",
        "grade": "等级",
        "result": "结果",
        "fault": "责任方",
        "defects": "缺陷",
        "credit": "计入退款",
        "checklist": "检验清单",
        "part": "部分",
        "question": "检查项",
        "answer": "结果",
        "remarkable": "{answer}（!）",
        "mark": "（!）表示该项降低等级。",
        "notes": "备注：{text}",
        "proposed": "建议处置（{count} 件）：{way}。{reasons}",
        "photo": "第 {line} 行，照片 {number}",
        "yes": "是",
        "no": "否",
        "nothing": "–",
        "page": "第 {page} 页，共 {pages} 页",
        "closing": "依据检验记录 {inspection}；处置建议以本文件出具之日为准。",
    },
}
_COMMA = {"en": ", ", "zh-CN": "、"}


def sheet_of(report: QcReport, language: str) -> Sheet:
    """The report in `en` or `zh-CN`; raises KeyError for another language."""
    words = _WORDS[language]
    return Sheet(
        language=language,
        title=words["title"],
        number=report.return_number,
        code=report.return_number,
        facts=tuple((words[name], value) for name, value in _facts(report, words, language)),
        sections=tuple(_section(group, words, language) for group in report.groups),
        page_words=words["page"],
        closing=(words["closing"].format(inspection=report.inspection_id),),
    )


def _facts(report: QcReport, words: Mapping[str, str], language: str) -> list[tuple[str, str]]:
    nothing = words["nothing"]
    facts = [
        ("return", report.return_number),
        ("order", report.order_no or nothing),
        ("warehouse", report.warehouse or nothing),
        ("units", _units(report, words)),
        ("inspector", report.inspector),
        ("inspected", f"{report.inspected_at:%Y-%m-%d %H:%M}"),
        ("duration", _duration(report.duration_s, words)),
    ]
    if report.second is not None:
        second = report.second
        form = words["open"] if second.inspector is None else words["agreed"]
        said = form.format(
            outcome=second.outcome.words[language],
            units=second.units,
            agreed=second.agreed_units,
            inspector=second.inspector,
        )
        facts.append(("second", said))
    return facts


def _units(report: QcReport, words: Mapping[str, str]) -> str:
    if not report.superseded_units:
        return str(report.quantity)
    return f"{report.quantity}. {words['superseded'].format(count=report.superseded_units)}"


def _duration(seconds: int | None, words: Mapping[str, str]) -> str:
    if seconds is None:
        return words["nothing"]
    return words["minutes"].format(minutes=seconds // 60, seconds=seconds % 60)


def _section(group: ReportedGroup, words: Mapping[str, str], language: str) -> Section:
    nothing, comma = words["nothing"], _COMMA[language]
    facts = [
        ("grade", _graded(group.grade, language)),
        ("result", group.result.words[language]),
        ("fault", group.fault.words[language]),
        ("defects", comma.join(one.words[language] for one in group.defects) or nothing),
        ("credit", words["yes" if group.is_credited else "no"]),
        ("serials", comma.join(group.serials) or nothing),
    ]
    if group.checklist:
        title = group.checklist_title.get(language, "")
        facts.append(("checklist", f"{title} ({group.checklist})".strip()))
    return Section(
        title=words["line"].format(
            line=group.line_no, name=group.name, sku=group.sku, count=group.quantity
        ),
        facts=tuple((words[name], value) for name, value in facts),
        grid=_grid(group, words, language),
        pictures=tuple(
            Picture(key=key, caption=words["photo"].format(line=group.line_no, number=number))
            for number, key in enumerate(group.photos, start=1)
        ),
        notes=tuple(_notes(group, words, language)),
    )


def _graded(grade: Coded, language: str) -> str:
    said = grade.words[language]
    return said if said.startswith(grade.code) else f"{grade.code} · {said}"


def _grid(group: ReportedGroup, words: Mapping[str, str], language: str) -> Grid | None:
    if not group.answers:
        return None
    rows = []
    for one in group.answers:
        answer = one.answer[language]
        said = words["remarkable"].format(answer=answer) if one.is_remarkable else answer
        rows.append((one.section.words[language], one.question[language], said))
    return Grid(
        columns=(words["part"], words["question"], words["answer"]),
        rows=tuple(rows),
        widths=(0.2, 0.5, 0.3),
    )


def _notes(group: ReportedGroup, words: Mapping[str, str], language: str) -> list[str]:
    notes = []
    if any(one.is_remarkable for one in group.answers):
        notes.append(words["mark"])
    if group.notes:
        notes.append(words["notes"].format(text=group.notes))
    for one in group.proposals:
        reasons = _COMMA[language].join(_said(reason.words, language) for reason in one.reasons)
        notes.append(
            words["proposed"].format(
                count=one.quantity, way=one.disposition.words[language], reasons=reasons
            )
        )
    return notes


def _said(words: Words, language: str) -> str:
    return words[language].rstrip(".。")

"""Writes the parts of docs/reasons.md that follow from the data: the catalogue and the tables."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from chalicelib.reasons import built_in
from chalicelib.reasons.catalogue import Group, Reason
from chalicelib.reasons.systems import System, system_of, systems
from tools import reference_domain

PAGE = Path(__file__).resolve().parent.parent / "docs" / "reasons.md"


def page(text: str) -> str:
    """The text with every marked part made anew."""
    return reference_domain.page(text, PARTS)


def catalogue_table() -> str:
    """Every reason under its groups."""
    rows = []
    for path, reason in _walked(None, ()):
        rows.append(
            (
                " / ".join(group.words["en"] for group in path),
                f"`{reason.code}`",
                reason.words["en"],
                reason.words["zh-CN"],
                reason.fault.value,
                " ".join(f"`{one.question_id}`" for one in reason.questions),
                " ".join(f"`{kind}`" for kind in reason.evidence),
                " ".join(outcome.value for outcome in reason.outcomes),
                _remarks(reason),
            )
        )
    head = ("group", "code", "", "中文", "fault", "asks", "evidence", "outcomes", "")
    return _table(head, rows)


def _walked(
    parent: str | None, path: tuple[Group, ...]
) -> Iterator[tuple[tuple[Group, ...], Reason]]:
    catalogue = built_in.built_in()
    for group in catalogue.groups_in(parent):
        below = (*path, group)
        yield from _walked(group.code, below)
        yield from ((below, reason) for reason in catalogue.reasons_in(group.code))


def _remarks(reason: Reason) -> str:
    remarks = []
    if reason.note_required:
        remarks.append("note required")
    if not reason.customer_visible:
        remarks.append("staff only")
    if len(reason.types) == 1:
        remarks.append(f"for `{reason.types[0]}`")
    return ", ".join(remarks)


def questions_table() -> str:
    """What the reasons ask."""
    rows: dict[tuple[str, ...], list[str]] = {}
    for reason in built_in.built_in().reasons.values():
        for question in reason.questions:
            answers = ", ".join(
                f"`{one.choice_id}` {one.words['en']} · {one.words['zh-CN']}"
                for one in question.choices
            )
            asked = (question.words["en"], question.words["zh-CN"], question.kind.value, answers)
            rows.setdefault((f"`{question.question_id}`", *asked), []).append(f"`{reason.code}`")
    return _table(
        ("question", "", "中文", "kind", "answers", "asked with"),
        [(*question, " ".join(codes)) for question, codes in rows.items()],
    )


def mappings_table() -> str:
    """What each system is told for each reason; bold: read back as it."""
    known = [system_of(name) for name in systems()]
    rows = [
        (f"`{code}`", *(_codes(system, code) for system in known))
        for code in built_in.built_in().reasons
    ]
    return _table(("", *(system.title for system in known)), rows)


def _codes(system: System, code: str) -> str:
    incoming = system.incoming()
    return ", ".join(
        f"**{theirs}**" if incoming[theirs] == code else theirs
        for theirs in system.reasons.get(code, ())
    )


def answers_table() -> str:
    """Refusals and responses, with the codes of the systems that have some."""
    rows = []
    known = [system_of(name) for name in systems()]
    for kind, words, codes in (
        ("rejection", built_in.rejections(), {one.title: one.rejections for one in known}),
        ("response", built_in.responses(), {one.title: one.responses for one in known}),
    ):
        for code, said in words.items():
            told = [
                f"{title} {', '.join(own[code])}" for title, own in codes.items() if code in own
            ]
            rows.append((kind, f"`{code}`", said["en"], said["zh-CN"], "; ".join(told)))
    return _table(("", "code", "", "中文", "elsewhere"), rows)


def cancellations_table() -> str:
    """Why a request is taken back."""
    rows = [
        (f"`{code}`", said["en"], said["zh-CN"]) for code, said in built_in.cancellations().items()
    ]
    return _table(("code", "", "中文"), rows)


def systems_table() -> str:
    """The systems by the name that the API and files know them by."""
    known = (system_of(name) for name in systems())
    return _table(
        ("system", "", "its list"),
        [(f"`{one.system}`", one.title, one.codes) for one in known],
    )


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


PARTS: Mapping[str, Callable[[], str]] = {
    "catalogue": catalogue_table,
    "questions": questions_table,
    "systems": systems_table,
    "mappings": mappings_table,
    "answers": answers_table,
    "cancellations": cancellations_table,
}
"""What each mark of the page is replaced by."""

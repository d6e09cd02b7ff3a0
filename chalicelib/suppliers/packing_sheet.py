"""The packing list as a sheet in one language: what lies in the box, and in which state. Pure."""

from collections.abc import Mapping

from chalicelib.papers.sheet import Grid, Picture, Section, Sheet
from chalicelib.suppliers.packing import PackedLine, PackingList

PICTURES_MAX = 24
"""On one list; the others are in the portal of the supplier."""
_WIDTHS = (0.05, 0.23, 0.16, 0.08, 0.17, 0.23, 0.08)
_WORDS: dict[str, dict[str, str]] = {
    "en": {
        "title": "Packing list · return to vendor",
        "supplier": "Supplier",
        "address": "Address",
        "warehouse": "From warehouse",
        "carrier": "Carrier",
        "tracking": "Tracking number",
        "reference": "Your reference",
        "drafted": "Drafted",
        "sent": "Announced",
        "units": "Units",
        "skus": "Different goods",
        "lines": "Goods",
        "photos": "Photos",
        "item": "Goods (SKU, GTIN)",
        "lot": "Lot, serial numbers",
        "grade": "Grade",
        "reason": "Reason",
        "defects": "Defects",
        "quantity": "Units",
        "fault": "Fault",
        "picture": "Line {line}",
        "closing": "Each line was inspected; inspection and photos are kept with return {first}"
        " and the others of this document.",
        "packed": "Packed by, date",
        "received": "Received by, date",
        "page": "Page {page} of {pages}",
        "nothing": "–",
    },
    "zh-CN": {
        "title": "装箱单 · 退供应商",
        "supplier": "供应商",
        "address": "地址",
        "warehouse": "发货仓库",
        "carrier": "承运商",
        "tracking": "运单号",
        "reference": "贵方单号",
        "drafted": "制单日期",
        "sent": "通知日期",
        "units": "件数",
        "skus": "品种数",
        "lines": "货物",
        "photos": "照片",
        "item": "货物（SKU、GTIN）",
        "lot": "批次、序列号",
        "grade": "等级",
        "reason": "原因",
        "defects": "缺陷",
        "quantity": "件数",
        "fault": "责任方",
        "picture": "第 {line} 行",
        "closing": "每一行均已检验；检验记录和照片随退货单 {first} 及本单所列其他退货单保存。",
        "packed": "装箱人、日期",
        "received": "接收人、日期",
        "page": "第 {page} 页，共 {pages} 页",
        "nothing": "–",
    },
}

_FAULTS: dict[str, dict[str, str]] = {
    "en": {"maker": "maker", "carrier": "carrier", "customer": "customer", "us": "us"},
    "zh-CN": {"maker": "制造商", "carrier": "承运商", "customer": "客户", "us": "我方"},
}


def sheet_of(packed: PackingList, language: str) -> Sheet:
    """The list in `en` or `zh-CN`; raises KeyError for another language."""
    words = _WORDS[language]
    lines = tuple(_row(line, language, words) for line in packed.lines)
    pictures = tuple(
        Picture(key=key, caption=words["picture"].format(line=line.number))
        for line in packed.lines
        for key in line.photos
    )[:PICTURES_MAX]
    columns = ("", "item", "lot", "grade", "reason", "defects", "quantity")
    sections = [
        Section(
            title=words["lines"],
            grid=Grid(
                columns=tuple(words[name] if name else "#" for name in columns),
                rows=lines,
                widths=_WIDTHS,
                figures=frozenset({6}),
            ),
        )
    ]
    if pictures:
        sections.append(Section(title=words["photos"], pictures=pictures))
    first = packed.lines[0].return_id if packed.lines else words["nothing"]
    return Sheet(
        language=language,
        title=words["title"],
        number=packed.number,
        code=packed.barcode,
        facts=_facts(packed, words),
        sections=tuple(sections),
        page_words=words["page"],
        closing=(words["closing"].format(first=first),),
        signatures=(words["packed"], words["received"]),
    )


def _facts(packed: PackingList, words: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """What is not known yet has a dash, so that it can be written in by hand."""
    nothing = words["nothing"]
    sent = f"{packed.sent_at:%Y-%m-%d}" if packed.sent_at else nothing
    known = {
        "supplier": f"{packed.supplier_name} ({packed.supplier_id})",
        "address": packed.address_ref or nothing,
        "warehouse": packed.warehouse,
        "reference": packed.reference or nothing,
        "units": str(packed.units),
        "drafted": f"{packed.drafted_at:%Y-%m-%d}",
        "sent": sent,
        "carrier": packed.carrier or nothing,
        "tracking": packed.tracking_no or nothing,
        "skus": str(packed.skus),
    }
    return tuple((words[name], value) for name, value in known.items())


def _row(line: PackedLine, language: str, words: Mapping[str, str]) -> tuple[str, ...]:
    goods = " ".join(part for part in (line.name, f"({_named(line)})") if part)
    lot = " ".join(part for part in (line.lot, ", ".join(line.serials)) if part)
    defects = ", ".join(one[language] for one in line.defects)
    fault = _FAULTS[language].get(line.fault or "")
    if fault is not None:
        defects = "; ".join(part for part in (defects, f"{words['fault']}: {fault}") if part)
    return (
        str(line.number),
        goods,
        lot or words["nothing"],
        line.grade or words["nothing"],
        line.reason,
        defects or words["nothing"],
        str(line.quantity),
    )


def _named(line: PackedLine) -> str:
    return line.sku if line.gtin is None else f"{line.sku}, {line.gtin}"

"""Labels as a printer takes them: one page of PDF, or ZPL text."""

from collections.abc import Sequence

PDF = "application/pdf"
ZPL = "application/zpl"


def paper(media_type: str, lines: Sequence[str], number: str) -> bytes:
    """The label; the number is a barcode in ZPL and a large line in PDF."""
    return _zpl(lines, number) if media_type == ZPL else _pdf(lines, number)


def _zpl(lines: Sequence[str], number: str) -> bytes:
    rows = [f"^FO40,{60 + 50 * place}^A0N,36,36^FD{line}^FS" for place, line in enumerate(lines)]
    barcode = f"^FO40,{80 + 50 * len(lines)}^BCN,120,Y,N,N^FD{number}^FS"
    return ("^XA\n" + "\n".join([*rows, barcode]) + "\n^XZ\n").encode("ascii", "replace")


def _pdf(lines: Sequence[str], number: str) -> bytes:
    """A6, in the font that every reader has, so that nothing has to be embedded."""
    text = [f"BT /F1 22 Tf 24 360 Td ({_escaped(number)}) Tj ET"]
    text += [
        f"BT /F1 11 Tf 24 {320 - 18 * place} Td ({_escaped(line)}) Tj ET"
        for place, line in enumerate(lines)
    ]
    page = "\n".join(text).encode("latin-1", "replace")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        (
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 298 420] /Contents 5 0 R"
            b" /Resources << /Font << /F1 4 0 R >> >> >>"
        ),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(page), page),
    ]
    document = b"%PDF-1.4\n"
    places = []
    for name, content in enumerate(objects, start=1):
        places.append(len(document))
        document += b"%d 0 obj\n%s\nendobj\n" % (name, content)
    table = len(document)
    document += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    document += b"".join(b"%010d 00000 n \n" % place for place in places)
    document += b"trailer\n<< /Size %d /Root 1 0 R >>\n" % (len(objects) + 1)
    return document + b"startxref\n%d\n%%%%EOF\n" % table


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")

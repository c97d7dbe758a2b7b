"""Word and PDF files made on the spot, for what reads them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Sequence

from docx import Document
from pypdf import PdfReader, PdfWriter

Line = tuple[str, float]  # words and the size of their letters


def pdf(*pages: Sequence[Line]) -> bytes:
    """A PDF with a page a sequence of lines; a page without lines is as a scan: nothing to read."""
    bodies = [_content(page) for page in pages]
    objects = ["<< /Type /Catalog /Pages 2 0 R >>", _pages(len(bodies)),
               "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"]  # fmt: skip
    for number, body in enumerate(bodies):
        objects.append(f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents {5 + 2 * number} 0 R "
                       "/Resources << /Font << /F1 3 0 R >> >> >>")  # fmt: skip
        objects.append(f"<< /Length {len(body)} >>\nstream\n{body}\nendstream")
    return _file(objects)


def _pages(count: int) -> str:
    kids = " ".join(f"{4 + 2 * number} 0 R" for number in range(count))
    return f"<< /Type /Pages /Count {count} /Kids [{kids}] >>"


def _content(lines: Iterable[Line]) -> str:
    drawn = []
    for number, (text, size) in enumerate(lines):
        escaped = text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
        drawn.append(f"BT /F1 {size} Tf 1 0 0 1 72 {720 - 24 * number} Tm ({escaped}) Tj ET")
    return "\n".join(drawn)


def _file(objects: Sequence[str]) -> bytes:
    out, places = io.BytesIO(), []
    out.write(b"%PDF-1.4\n")
    for number, body in enumerate(objects, 1):
        places.append(out.tell())
        out.write(f"{number} 0 obj\n{body}\nendobj\n".encode("latin-1"))
    table = out.tell()
    out.write(f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode())
    out.write("".join(f"{place:010} 00000 n \n" for place in places).encode())
    trailer = f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n"
    return out.getvalue() + trailer.encode()


def locked(data: bytes, password: str) -> bytes:
    """The same PDF behind a password."""
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(data)))
    writer.encrypt(password, algorithm="RC4-128")
    return written(writer)


def written(paper: PdfWriter) -> bytes:
    """The bytes of a PDF."""
    out = io.BytesIO()
    paper.write(out)
    return out.getvalue()


def docx(parts: Iterable[tuple[str, str]], *, table: Sequence[Sequence[str]] = ()) -> bytes:
    """A Word file of paragraphs (style, text; the style ``bold`` is bold text), then a table."""
    document = Document()
    for style, text in parts:
        if style == "bold":
            document.add_paragraph().add_run(text).bold = True
        else:
            document.add_paragraph(text, style=style)
    if table:
        made = document.add_table(rows=len(table), cols=len(table[0]))
        for row, cells in enumerate(table):
            for place, cell in enumerate(cells):
                made.cell(row, place).text = cell
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def bomb(megabytes: int) -> bytes:
    """A Word file of some kilobytes that unpacks to this much."""
    out = io.BytesIO(docx([("Normal", "harmless")]))
    with (
        zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as archive,
        archive.open("word/media/image1.bin", "w", force_zip64=True) as member,
    ):
        for _ in range(megabytes):
            member.write(bytes(1_000_000))
    return out.getvalue()

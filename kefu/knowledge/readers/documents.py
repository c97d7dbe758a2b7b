"""Word and PDF files as headings and text."""

from __future__ import annotations

import io
import re
import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import ParseError

from docx import Document
from docx.opc.exceptions import OpcError
from docx.table import Table
from pypdf import PdfReader
from pypdf.errors import PyPdfError

from kefu.errors import ConfigError
from kefu.knowledge.readers.blocks import QUESTION, Block, asks, pairs
from kefu.knowledge.readers.rows import Reading, Row, column

MOST_UNPACKED = 200_000_000  # bytes of a DOCX once unpacked
MOST_MEMBERS = 5_000  # files inside a DOCX
MOST_PAGES = 2_000
# what pypdf raises over bytes that no PDF should hold
_BROKEN = (PyPdfError, ValueError, LookupError, TypeError, AttributeError, RuntimeError, OSError)
_LARGER = 1.15  # a heading's letters against those of the text
_ENDED = re.compile(r"[.!?:;。！？：；…)）]\s*$")
_HAN_END = re.compile(r"[\u3000-\u9fff\uff00-\uffef]$")


@dataclass(frozen=True)
class _Line:
    text: str
    size: float
    page: int


def read_docx(data: bytes, *, name: str) -> Reading:
    """Headings by style, questions by their form, and tables with columns for question and answer.

    Raises:
        ConfigError: no Word file, or one that grows beyond ``MOST_UNPACKED``.
    """
    _refuse_bomb(data, name=name)
    try:
        parts = list(Document(io.BytesIO(data)).iter_inner_content())
    except (OpcError, KeyError, ValueError, SyntaxError, zipfile.BadZipFile, ParseError) as error:
        raise ConfigError(f"{name} is no Word file (DOCX): {error}") from error
    tables = [rows for number, part in enumerate((p for p in parts if isinstance(p, Table)), 1)
              for rows in _table_rows(part, number)]  # fmt: skip
    found = pairs(_paragraphs([part for part in parts if not isinstance(part, Table)]))
    return Reading((*found.rows, *tables), found.bad)


def _refuse_bomb(data: bytes, *, name: str) -> None:
    try:
        members = zipfile.ZipFile(io.BytesIO(data)).infolist()
    except zipfile.BadZipFile as error:
        raise ConfigError(f"{name} is no Word file (DOCX), which is a zip archive; found another") from error
    size = sum(member.file_size for member in members)
    if size > MOST_UNPACKED or len(members) > MOST_MEMBERS:
        raise ConfigError(
            f"{name} unpacks to {size:,} bytes in {len(members):,} files; at most {MOST_UNPACKED:,} in "
            f"{MOST_MEMBERS:,} are read"
        )


def _paragraphs(paragraphs: Sequence[Any]) -> Iterator[Block]:
    styled = any(_level(paragraph) for paragraph in paragraphs)
    for number, paragraph in enumerate(paragraphs, 1):
        text = paragraph.text.strip()
        if not text:
            continue
        bold = all(run.bold for run in paragraph.runs if run.text.strip())
        level = _level(paragraph) or (QUESTION if asks(text) and (bold or not styled) else 0)
        bullet = "- " if "List" in _style(paragraph) and not level else ""
        yield Block(bullet + text, f"paragraph {number}", level)


def _style(paragraph: Any) -> str:
    return str(paragraph.style.name or "") if paragraph.style is not None else ""


def _level(paragraph: Any) -> int:
    found = re.fullmatch(r"Heading ([1-6])", _style(paragraph))
    return int(found.group(1)) if found else 0


def _table_rows(table: Table, number: int) -> Iterator[Row]:
    rows = [[cell.text for cell in row.cells] for row in table.rows]
    header = [column(cell) for cell in rows[0]] if rows else []
    if not ({"question", "questions", "title"} & set(header) and "answer" in header):
        return
    for line, cells in enumerate(rows[1:], 2):
        if any(cell.strip() for cell in cells):
            yield Row(f"table {number}, row {line}", dict(zip(header, cells, strict=False)))


def read_pdf(data: bytes, *, name: str) -> Reading:
    """Lines in larger letters are headings; where there are none, lines that ask are questions.

    Raises:
        ConfigError: no PDF, one with a password, or one without text.
    """
    if b"%PDF-" not in data[:1024]:
        raise ConfigError(f"{name} is no PDF: it does not begin with %PDF-")
    try:
        lines = list(_lines(_opened(data, name=name)))
    except _BROKEN as error:
        raise ConfigError(f"{name} is a damaged PDF: {type(error).__name__}: {error}"[:300]) from error
    if not any(line.text for line in lines):
        raise ConfigError(f"{name} holds pictures and no text; recognise its text first (OCR)")
    return pairs(_pdf_blocks(lines))


def _opened(data: bytes, *, name: str) -> PdfReader:
    reader = PdfReader(io.BytesIO(data))
    if reader.is_encrypted and not reader.decrypt(""):
        raise ConfigError(f"{name} is locked with a password; save it without one")
    if len(reader.pages) > MOST_PAGES:
        raise ConfigError(f"{name} has {len(reader.pages):,} pages; at most {MOST_PAGES:,} are read")
    return reader


def _lines(reader: PdfReader) -> Iterator[_Line]:
    for number, page in enumerate(reader.pages, 1):
        runs: list[tuple[str, float]] = []

        def note(text: str, cm: Any, tm: Any, _font: Any, size: float, runs: Any = runs) -> None:
            runs.append((text, float(size or 0) * abs(tm[3] or 1) * abs(cm[3] or 1)))

        page.extract_text(visitor_text=note)
        yield from _put_together(runs, number)


def _put_together(runs: Sequence[tuple[str, float]], page: int) -> Iterator[_Line]:
    """Runs of letters as lines, each as large as its largest letters; a blank line stays one."""
    text, size = "", 0.0
    for run, of_size in runs:
        first, *more = run.split("\n")
        text, size = text + first, max(size, of_size if first.strip() else 0)
        for following in more:
            yield _Line(text.strip(), round(size, 1), page)
            text, size = following, of_size if following.strip() else 0
    yield _Line(text.strip(), round(size, 1), page)


def _pdf_blocks(lines: Sequence[_Line]) -> Iterator[Block]:
    letters: Counter[float] = Counter()
    for line in lines:
        letters[line.size] += len(line.text)
    body = letters.most_common(1)[0][0]
    sizes = sorted({line.size for line in lines if line.text and line.size > _LARGER * body}, reverse=True)
    levels = {size: min(level, QUESTION - 1) for level, size in enumerate(sizes, 1)}
    told = [(line, levels.get(line.size, 0) or _asked(line.text, bool(levels))) for line in lines]
    yield from _joined([(line, level) for line, level in told if line.text])


def _asked(text: str, has_headings: bool) -> int:
    said = re.match(r"(?:Q\d*|Question|问题?)\s*[:：]", text, re.IGNORECASE)
    return QUESTION if said or (asks(text) and not has_headings) else 0


def _joined(lines: Sequence[tuple[_Line, int]]) -> Iterator[Block]:
    """Lines that were broken where the page ended on the right, put together again."""
    text, place, level = "", "", 0
    for line, its in lines:
        goes_on = text and its == level and (level not in (0, QUESTION) or not _ENDED.search(text))
        if goes_on:
            text += ("" if _HAN_END.search(text) else " ") + line.text
            continue
        if text:
            yield Block(text, place, level)
        text, place, level = line.text, f"page {line.page}", its
    if text:
        yield Block(text, place, level)

"""A file or a page, read by what it is."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

from kefu.errors import ConfigError
from kefu.knowledge.passages import parse
from kefu.knowledge.readers.blocks import pairs
from kefu.knowledge.readers.decoding import decoded
from kefu.knowledge.readers.documents import read_docx, read_pdf
from kefu.knowledge.readers.markup import html_blocks, markdown_blocks
from kefu.knowledge.readers.rows import Bad, Reading, Row
from kefu.knowledge.readers.tables import read_csv, read_json, read_jsonl

MOST_BYTES = 50_000_000
FORMS: Mapping[str, str] = {
    ".csv": "csv", ".tsv": "csv", ".json": "json", ".jsonl": "jsonl", ".ndjson": "jsonl", ".md": "markdown",
    ".markdown": "markdown", ".html": "html", ".htm": "html", ".docx": "docx", ".pdf": "pdf",
}  # fmt: skip
TABLES = ("csv", "json", "jsonl")
_PACKED = b"PK\x03\x04"
_CHARSET = re.compile(rb"""<meta[^>]+charset\s*=\s*["']?([A-Za-z0-9_-]+)""", re.IGNORECASE)


def form_of(name: str) -> str:
    """The form that a file's ending stands for.

    Raises:
        ConfigError: an ending that is none of ``FORMS``.
    """
    form = FORMS.get(Path(name).suffix.lower())
    if form is None:
        raise ConfigError(f"{name}: found the ending {Path(name).suffix or '(none)'}; wanted one of "
                          f"{', '.join(FORMS)}")  # fmt: skip
    return form


def contents(file: Path, *, most_bytes: int = MOST_BYTES) -> bytes:
    """The bytes of a file, which is looked at before it is read.

    Raises:
        ConfigError: no file, empty, or larger than ``most_bytes``.
    """
    try:
        size = file.stat().st_size
        if not file.is_file():
            raise ConfigError(f"{file} is no file; wanted one of {', '.join(FORMS)}")
        if size > most_bytes:
            raise ConfigError(f"{file} has {size:,} bytes; at most {most_bytes:,} are read (--most-mb)")
        with file.open("rb") as stream:
            data = stream.read(most_bytes + 1)
    except OSError as error:
        raise ConfigError(f"{file} cannot be read: {error.strerror or error}") from error
    if len(data) > most_bytes:
        raise ConfigError(f"{file} has more than {most_bytes:,} bytes, the most that are read (--most-mb)")
    return data


def read(data: bytes, form: str, *, name: str) -> Reading:
    """The rows of ``data``, which is said to be of ``form``.

    Raises:
        ConfigError: empty, or not what it is said to be; nothing in it can be used then.
    """
    if not data.strip():
        raise ConfigError(f"{name} is empty")
    if form == "pdf":
        return _something(read_pdf(data, name=name), name)
    if form == "docx":
        return _something(read_docx(data, name=name), name)
    if data.startswith((_PACKED, b"%PDF-")):
        found = "PDF" if data.startswith(b"%PDF-") else "zip archive (DOCX, XLSX)"
        raise ConfigError(f"{name} is a {found}; wanted {form}, as its name says")
    charset = _CHARSET.search(data[:4096]) if form == "html" else None
    text = decoded(data, name=name, hint=charset.group(1).decode() if charset else None)
    return _something(_TEXTS[form](text, name=name), name)


def _something(reading: Reading, name: str) -> Reading:
    if reading.rows or reading.bad:
        return reading
    raise ConfigError(f"{name}: found no question with an answer below it; wanted headings as questions and "
                      "text below, or a table with columns for both")  # fmt: skip


def _table(read_text: Callable[..., Reading]) -> Callable[..., Reading]:
    def read_table(text: str, *, name: str) -> Reading:
        if re.match(r"\s*<(?:!doctype html|html)\b", text, re.IGNORECASE):
            raise ConfigError(f"{name} is a page of HTML; wanted a table, as its name says")
        return read_text(text, name=name)

    return read_table


def _html(text: str, *, name: str) -> Reading:
    return pairs(html_blocks(text, name=name))


def _markdown(text: str, *, name: str) -> Reading:
    """Passages in our own form, where the text has them; else headings and text."""
    if not re.search(r"^## (?:en|zh)\s*$", text, re.MULTILINE):
        return pairs(markdown_blocks(text, name=name))
    lines = text.splitlines()
    starts = [number for number, line in enumerate(lines) if line.startswith("# ")] or [0]
    rows: list[Row] = []
    early = [number for number, line in enumerate(lines[: starts[0]], 1) if line.strip()][:1]
    bad = [Bad(f"line {number}", "found text before any `# passage-id`") for number in early]
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        try:
            rows += _own("\n" * start + "\n".join(lines[start:end]), line=start + 1)
        except ConfigError as error:
            place, _, reason = str(error).partition(": ")
            bad.append(Bad(f"line {place.rpartition(':')[2]}", reason))
    return Reading(tuple(rows), tuple(bad))


def _own(text: str, *, line: int) -> list[Row]:
    header = text.partition("\n## ")[0]  # days as they are written: they are read by the shop's clock
    written = dict(re.findall(r"^(valid_from|valid_to|updated):\s*(\S.*?)\s*$", header, re.MULTILINE))
    return [
        Row(f"line {line}", {
            "id": p.passage_id, "language": p.language, "title": p.title, "questions": "\n".join(p.questions),
            "answer": p.answer, "category": p.category, "clause": p.clause or "", **written,
        })
        for p in parse(text, source="")
    ]  # fmt: skip


_TEXTS: Mapping[str, Callable[..., Reading]] = {
    "csv": _table(read_csv), "json": _table(read_json), "jsonl": _table(read_jsonl),
    "markdown": _markdown, "html": _html,
}  # fmt: skip

"""`kefu import dialogs`: past chats as proposals in a file; a person reviews it and imports it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from kefu.cli import console, imports_report
from kefu.cli.exports import whole
from kefu.cli.imports import detector, passage_of
from kefu.cli.shop import open_store
from kefu.errors import ConfigError
from kefu.knowledge.dialogs import NOTE, Proposal, exchanges, messages, proposals
from kefu.knowledge.readers.files import TABLES, contents, form_of, read
from kefu.knowledge.writing import COLUMNS, write_rows
from kefu.settings import Settings


def dialogs(file: Path, *, out: Path | None, keep_good: bool, as_json: bool, most_bytes: int) -> int:
    """Write what the chats of ``file`` propose into ``out``; the store is read and not changed."""
    target = out or file.with_name(f"{file.stem}.proposals.csv")
    form = form_of(file.name)
    if form not in TABLES:
        raise ConfigError(f"{file}: wanted chats as CSV, JSON or JSON Lines")
    if target.exists():
        raise ConfigError(f"{target} is there already; review or move it, or name another with --out")
    reading = read(contents(file, most_bytes=most_bytes), form, name=file.name)
    said, wrong = messages(reading.rows)
    bad = [*reading.bad, *wrong]
    for one in bad:
        console.complain(f"bad: {file.name}, {one.place}: {one.reason}")
    if bad and not keep_good:
        imports_report.refuse(len(bad))
        return 1
    detect = detector()
    found = exchanges(said, detect=lambda text: detect(text) or "en")
    with open_store(Settings.load()) as store, store.read() as tx:
        proposed = proposals(found, map(passage_of, tx.passages.each()))
    _write(target, proposed, messages=len(said), pairs=len(found), as_json=as_json)
    return 0


def _write(target: Path, proposed: Sequence[Proposal], *, messages: int, pairs: int, as_json: bool) -> None:
    rows = [one.cells() for one in proposed if one.language in ("en", "zh")]
    columns = [name for name in COLUMNS if rows and name in rows[0]] + [NOTE]
    whole(target, lambda out: write_rows(rows, out, columns=columns))
    new = sum(one.passage is None for one in proposed)
    figures = {"messages": messages, "pairs": pairs, "new": new, "variants": len(proposed) - new}
    if as_json:
        told = [{**asdict(one), "passage": one.passage and one.passage.passage_id} for one in proposed]
        console.say(json.dumps({**figures, "file": str(target), "proposals": told}, ensure_ascii=False))
        return
    console.say(", ".join(f"{name} {number}" for name, number in figures.items()))
    console.say(f"{target} holds the proposals; review it, then `kefu import faq {target}`")

"""Result files, and the pages whose tables are made from them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kefu.errors import KefuError


def read_json(file: Path) -> dict[str, Any]:
    """What a JSON file holds; empty where there is none."""
    kept: dict[str, Any] = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    return kept


def write_json(file: Path, values: dict[str, Any]) -> None:
    """Write the file whole or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_suffix(".part")
    part.write_text(json.dumps(values, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    part.replace(file)


def put_block(page: Path, begin: str, end: str, block: str) -> None:
    """Put ``block`` between two markers of ``page``; KefuError where it has none."""
    before, opening, rest = page.read_text(encoding="utf-8").partition(begin)
    _, closing, after = rest.partition(end)
    if not opening or not closing:
        raise KefuError(f"found no {begin} … {end} in {page}; put both where the tables belong")
    page.write_text(f"{before}{begin}\n{block}{end}{after}", encoding="utf-8")


def table_row(cells: Sequence[str], *, width: int = 0) -> str:
    """A row of a Markdown table, filled up with empty cells to ``width``."""
    return "| " + " | ".join([*cells, *[""] * (width - len(cells))]) + " |"


def commit_of(provenance: Mapping[str, Any]) -> str:
    """The commit that a result was made at, and whether files had changed since."""
    return str(provenance["commit"][:7]) + (" (with changes)" if provenance["dirty"] else "")


def machine_of(provenance: Mapping[str, Any]) -> str:
    """The processor that a result was made on."""
    return f"{provenance['machine']['cpu']}, {provenance['machine']['cores']} cores"

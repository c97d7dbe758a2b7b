"""The built page: made from its sources as they are, small, and without anything that runs by itself."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from tests.support.project import ROOT

WEB, BUILT = ROOT / "web", ROOT / "kefu" / "channels" / "web"
OTHER_SOURCES = ("build.mjs", "index.html", "package-lock.json", "package.json", "tsconfig.json")
LARGEST = 60_000  # bytes, gzipped, of everything together


def digest(folder: Path, names: Iterable[str]) -> str:
    """As web/build.mjs computes it."""
    total = hashlib.sha256()
    for name in sorted(names):
        content = hashlib.sha256((folder / name).read_bytes()).hexdigest()
        total.update(f"{name}\n{content}\n".encode())
    return total.hexdigest()


def test_the_build_is_of_these_sources() -> None:
    built = json.loads((BUILT / "build.json").read_text(encoding="utf-8"))
    sources = [*OTHER_SOURCES, *(f"src/{path.name}" for path in (WEB / "src").iterdir())]
    again = "; run `npm ci && npm run build` in web/ and commit kefu/channels/web"
    assert built["sources"] == digest(WEB, sources), "web/ has changed since it was built" + again
    files = [path.name for path in BUILT.iterdir() if path.name != "build.json"]
    assert built["files"] == digest(BUILT, files), "kefu/channels/web was changed by hand" + again


def test_it_is_small() -> None:
    sizes = {path.name: len(gzip.compress(path.read_bytes(), 9)) for path in BUILT.iterdir()}
    assert set(sizes) == {"index.html", "chat.js", "chat.css", "widget.js", "build.json"}
    assert sum(sizes.values()) < LARGEST, sizes


def test_words_never_become_markup() -> None:
    ways = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|srcdoc")
    found = [path.name for path in (WEB / "src").iterdir() if ways.search(path.read_text(encoding="utf-8"))]
    assert found == []
    page = (BUILT / "index.html").read_text(encoding="utf-8")
    assert re.findall(r"<script(?![^>]*\bsrc=)|\bon\w+=|\bstyle=", page) == []


def test_the_interfaces_document_is_up_to_date() -> None:
    told = subprocess.run(
        [sys.executable, "scripts/openapi_document.py", "--check"], cwd=ROOT, capture_output=True, text=True
    )
    assert told.returncode == 0, told.stdout

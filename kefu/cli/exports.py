"""`kefu export faq`: the passages of the store in a file that `kefu import faq` reads back the same."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO

from kefu.cli import console
from kefu.cli.imports import passage_of, zone_of
from kefu.cli.shop import open_store
from kefu.errors import ConfigError
from kefu.knowledge.writing import write_csv, write_json
from kefu.settings import Settings
from kefu.store.base import utc_now


def faq(file: Path, *, language: str | None) -> None:
    """Write every passage, of one language or of all, into ``file`` (.csv or .json)."""
    writers: dict[str, Callable[..., int]] = {".csv": write_csv, ".json": write_json}
    write = writers.get(file.suffix.lower())
    if write is None:
        raise ConfigError(f"{file}: found the ending {file.suffix or '(none)'}; wanted .csv or .json")
    with open_store(Settings.load()) as store, store.read() as tx:
        zone = zone_of(tx.policy.in_force(utc_now()))
        passages = map(passage_of, tx.passages.each(language))
        written = whole(file, lambda out: write(passages, out, zone=zone))
    console.say(f"{written} passages in {file}")


def whole(file: Path, write: Callable[[TextIO], Any]) -> Any:
    """Write ``file`` beside and put it in its place when it is whole; gives what ``write`` gives."""
    # CSV begins with a mark, by which spreadsheets know that it is UTF-8
    encoding = "utf-8-sig" if file.suffix.lower() == ".csv" else "utf-8"
    try:
        handle, beside = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    except OSError as error:
        raise ConfigError(f"{file} cannot be written: {error.strerror}") from error
    try:
        with open(handle, "w", encoding=encoding, newline="") as out:
            result = write(out)
        os.replace(beside, file)
    except BaseException:
        Path(beside).unlink(missing_ok=True)
        raise
    return result

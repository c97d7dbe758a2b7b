"""What an index says of itself, and whether its files are what it says."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from kefu.errors import ModelError

FORMAT = 2  # 1 had no fine rows
NAME = "manifest.json"
NEXT = "it is built anew from the store's passages when the assistant starts"
_CHUNK = 1 << 22


@dataclass(frozen=True)
class Manifest:
    """``encoder``: digest of what made the vectors. ``counter``: the changes of the store that are in it.

    ``passages``: how many, by language. ``files``: SHA-256 by path below the index's folder.
    """

    format: int
    encoder: str
    counter: int
    passages: Mapping[str, int]
    files: Mapping[str, str]


def write_manifest(folder: Path, *, encoder: str, counter: int, passages: Mapping[str, int]) -> None:
    """Describe the index in ``folder``, whose files are whole; the last thing that is written there."""
    files = {path.relative_to(folder).as_posix(): digest(path) for path in _files(folder)}
    manifest = Manifest(FORMAT, encoder, counter, dict(passages), files)
    (folder / NAME).write_text(json.dumps(asdict(manifest), indent=1), encoding="utf-8")


def read_manifest(folder: Path, *, encoder: str) -> Manifest:
    """What the index in ``folder`` says of itself, every file checked.

    Raises:
        ModelError: no index, one of another version or encoder, or a file cut or changed: names what
            was found and what was wanted.
    """
    kept = _read(folder / NAME)
    found = kept.get("format")
    if found != FORMAT:
        raise ModelError(f"{folder} is an index of format {found}; wanted format {FORMAT}; {NEXT}")
    try:
        manifest = Manifest(**kept)
    except TypeError as error:
        raise ModelError(f"{folder / NAME} is no manifest ({error}); {NEXT}") from error
    if manifest.encoder != encoder:
        raise ModelError(
            f"{folder} was made with encoder {manifest.encoder}; wanted encoder {encoder}; {NEXT}"
        )
    for name, wanted in manifest.files.items():
        _check(folder / name, wanted)
    return manifest


def digest(file: Path) -> str:
    """SHA-256 of a file, read piece by piece."""
    found = hashlib.sha256()
    with file.open("rb") as stream:
        while piece := stream.read(_CHUNK):
            found.update(piece)
    return found.hexdigest()


def _files(folder: Path) -> list[Path]:
    # lock files of tantivy come and go
    return sorted(
        path
        for path in folder.rglob("*")
        if path.is_file() and path.name != NAME and not path.name.endswith(".lock")
    )


def _read(file: Path) -> dict[str, Any]:
    try:
        kept = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ModelError(f"{file} is missing; wanted an index of passages; {NEXT}") from None
    except (OSError, ValueError) as error:
        raise ModelError(f"{file} cannot be read ({error}); wanted a manifest; {NEXT}") from error
    if not isinstance(kept, dict):
        raise ModelError(f"{file} holds a {type(kept).__name__}; wanted a manifest; {NEXT}")
    return kept


def _check(file: Path, wanted: str) -> None:
    if not file.is_file():
        raise ModelError(f"{file} is missing, and the manifest names it; {NEXT}")
    if digest(file) != wanted:
        raise ModelError(
            f"{file} has {file.stat().st_size:,} bytes that are not those of the manifest: it was cut or "
            f"changed; {NEXT}"
        )

"""Which files and pages a watched source holds, and what each gives now."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from kefu.errors import ConfigError
from kefu.knowledge.readers.files import FORMS, contents, form_of
from kefu.knowledge.readers.web import Web
from kefu.store.knowledge_records import PassageSource

_LIST = ".txt"  # a file with a URL a line
_SCHEMES = ("http://", "https://")


@dataclass(frozen=True)
class Fresh:
    """What a file or page holds now."""

    data: bytes
    form: str
    digest: str
    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True)
class Source:
    """One file or page: what its passages carry (``origin``), how it is shown, and how it is got.

    ``get`` takes what is remembered of it and gives None where it is the same; ConfigError where
    it cannot be read.
    """

    origin: str
    name: str
    get: Callable[[PassageSource | None], Fresh | None]


def root_of(told: str) -> str:
    """What a source is remembered by: a URL as it is, a path in full.

    Raises:
        ConfigError: an address that is neither http nor https.
    """
    if "://" in told and not told.startswith(_SCHEMES):
        raise ConfigError(
            f"{told}: found {told.partition('://')[0]}://; wanted http:// or https://, or a path"
        )
    return told if told.startswith(_SCHEMES) else str(Path(told).resolve())


def sources_of(root: str, web: Web) -> list[Source]:
    """The files of a folder, the pages of a list of URLs, or the one file or page itself.

    Raises:
        ConfigError: a folder, list or file that cannot be read.
    """
    if root.startswith(_SCHEMES):
        return [_page(root, web)]
    path = Path(root)
    if path.is_dir():
        files = sorted(file for file in path.rglob("*") if _wanted(file, path))
        return [_file(file, str(file.relative_to(path)), web.most_bytes) for file in files]
    if not path.exists():
        raise ConfigError(f"{root} is not there")
    if path.suffix.lower() == _LIST:
        return [_page(url, web) for url in _urls(path)]
    form_of(path.name)
    return [_file(path, path.name, web.most_bytes)]


def _wanted(file: Path, folder: Path) -> bool:
    hidden = any(part.startswith((".", "~$")) for part in file.relative_to(folder).parts)
    return not hidden and file.suffix.lower() in FORMS and file.is_file()


def _urls(file: Path) -> list[str]:
    lines = [line.strip() for line in contents(file).decode("utf-8-sig", errors="replace").splitlines()]
    urls = list(dict.fromkeys(line for line in lines if line and not line.startswith("#")))
    for url in urls:
        if not url.startswith(_SCHEMES):
            raise ConfigError(f"{file}: found {url[:80]!r}; wanted a URL with http:// or https:// a line")
    return urls


def _page(url: str, web: Web) -> Source:
    def get(known: PassageSource | None) -> Fresh | None:
        # what was never read whole is asked for whole
        last = known if known and known.digest else None
        etag, since = (last.etag, last.last_modified) if last else (None, None)
        page = web.fetch(url, etag=etag, last_modified=since)
        if page is None:
            return None
        digest = sha256(page.data).hexdigest()
        same = last is not None and last.digest == digest
        return None if same else Fresh(page.data, page.form, digest, page.etag, page.last_modified)

    return Source(url, url, get)


def _file(file: Path, name: str, most_bytes: int) -> Source:
    def get(known: PassageSource | None) -> Fresh | None:
        data = contents(file, most_bytes=most_bytes)
        digest = sha256(data).hexdigest()
        return None if known and known.digest == digest else Fresh(data, form_of(file.name), digest)

    return Source(str(file), name, get)

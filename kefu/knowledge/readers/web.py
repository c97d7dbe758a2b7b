"""Pages and files from the web, read within limits."""

from __future__ import annotations

import ipaddress
import re
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePosixPath

import httpx
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential

from kefu.errors import ConfigError
from kefu.knowledge.readers.files import FORMS, MOST_BYTES

MOST_REDIRECTS = 5
_TYPES: Mapping[str, str] = {
    "text/html": "html", "application/xhtml+xml": "html", "text/csv": "csv", "application/csv": "csv",
    "text/tab-separated-values": "csv", "application/json": "json", "application/x-ndjson": "jsonl",
    "application/jsonl": "jsonl", "text/markdown": "markdown", "application/pdf": "pdf",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
}  # fmt: skip
# what servers say of a file that they know nothing of; Excel's is said of CSV too
_UNTOLD = ("", "text/plain", "application/octet-stream", "binary/octet-stream", "application/vnd.ms-excel")
_ALIKE = ({"json", "jsonl"},)
_AGAIN = (408, 425, 429, 500, 502, 503, 504)
_MOVED = (301, 302, 303, 307, 308)


class _Passing(ConfigError):
    """A failure that may be over in a moment."""


@dataclass(frozen=True)
class Page:
    """What a URL gave: its bytes, their form, and what to ask with the next time."""

    data: bytes
    form: str
    etag: str | None
    last_modified: str | None


@dataclass(frozen=True)
class Web:
    """How pages are fetched: limits, and whether a redirect may lead into a private network."""

    most_bytes: int = MOST_BYTES
    allow_private: bool = False
    seconds: float = 20.0  # to connect, and between two pieces
    most_seconds: float = 120.0  # for all of it
    attempts: int = 3
    first_wait: float = 1.0  # seconds before the second attempt, then twice as long

    def fetch(self, url: str, *, etag: str | None = None, last_modified: str | None = None) -> Page | None:
        """The page; None where it is the same as that with this ``etag`` or ``last_modified``.

        Raises:
            ConfigError: why it cannot be had, or that it is not what it is said to be.
        """
        known = {"If-None-Match": etag, "If-Modified-Since": last_modified}
        headers = {name: value for name, value in known.items() if value}
        for attempt in Retrying(
            stop=stop_after_attempt(self.attempts),
            wait=wait_exponential(multiplier=self.first_wait, max=30),
            retry=retry_if_exception_type(_Passing),
            reraise=True,
        ):
            with attempt:
                return self._once(url, headers)
        raise ConfigError(f"{url}: was not tried")  # `attempts` below 1

    def _once(self, url: str, headers: Mapping[str, str]) -> Page | None:
        address = _address(url)
        first = (address.host, address.port)
        for hop in range(MOST_REDIRECTS + 1):
            trusted = self.allow_private or hop == 0 or (address.host, address.port) == first
            try:
                with _answer(address, headers, seconds=self.seconds, trusted=trusted) as response:
                    if response.status_code not in _MOVED:
                        return self._page(url, response)
                    address = _address(str(address.join(response.headers.get("location", ""))))
            except (httpx.TransportError, httpx.DecodingError) as error:
                raise _Passing(f"{url}: {type(error).__name__}: {error}"[:300]) from error
            except httpx.InvalidURL as error:
                raise ConfigError(f"{url}: leads to an address that is none: {error}") from error
        raise ConfigError(f"{url}: redirects more than {MOST_REDIRECTS} times")

    def _page(self, url: str, response: httpx.Response) -> Page | None:
        status = response.status_code
        if status == httpx.codes.NOT_MODIFIED:
            return None
        if status != httpx.codes.OK:
            kind = _Passing if status in _AGAIN else ConfigError
            raise kind(f"{url}: answers {status} {response.reason_phrase}")
        form = _form(url, response.headers.get("content-type", ""))
        data = self._body(url, response)
        return Page(data, form, response.headers.get("etag"), response.headers.get("last-modified"))

    def _body(self, url: str, response: httpx.Response) -> bytes:
        """The bytes, taken piece by piece: what is too large is left before it is all here."""
        until = time.monotonic() + self.most_seconds
        data = bytearray()
        for piece in response.iter_bytes():
            data += piece
            if len(data) > self.most_bytes:
                raise ConfigError(f"{url}: has more than {self.most_bytes:,} bytes (--most-mb)")
            if time.monotonic() > until:
                raise _Passing(f"{url}: took longer than {self.most_seconds:.0f} seconds")
        return bytes(data)


def _address(url: str) -> httpx.URL:
    try:
        address = httpx.URL(url)
    except (httpx.InvalidURL, TypeError, ValueError) as error:
        raise ConfigError(f"{url[:200]!r} is no address: {error}") from error
    if address.scheme not in ("http", "https") or not address.host:
        raise ConfigError(f"{url[:200]}: found {address.scheme or 'no'} scheme; wanted http:// or https://")
    return address


@contextmanager
def _answer(
    address: httpx.URL, headers: Mapping[str, str], *, seconds: float, trusted: bool
) -> Iterator[httpx.Response]:
    """The answer to one request. An address that is not trusted is looked up once, and that one is used."""
    extensions: dict[str, str] = {}
    sent = dict(headers)
    target = address
    if not trusted:
        target = address.copy_with(host=_public(address))
        sent["Host"] = address.netloc.decode()
        extensions["sni_hostname"] = address.host
    with (
        httpx.Client(timeout=seconds, follow_redirects=False, trust_env=False) as client,
        client.stream("GET", target, headers=sent, extensions=extensions) as response,
    ):
        yield response


def _public(address: httpx.URL) -> str:
    """The host's first address, where all that it has are public."""
    try:
        found = socket.getaddrinfo(address.host, address.port or 0, type=socket.SOCK_STREAM)
    except OSError as error:
        raise _Passing(f"{address.host} is not known: {error}") from error
    addresses = [str(entry[4][0]).partition("%")[0] for entry in found]
    private = [one for one in addresses if not _is_public(one)]
    if private:
        raise ConfigError(f"redirects to {address.host}, which is the private address {private[0]}; "
                          "--allow-private lets it")  # fmt: skip
    return addresses[0]


def _is_public(address: str) -> bool:
    found = ipaddress.ip_address(address)
    inner = getattr(found, "ipv4_mapped", None)
    return (inner or found).is_global and not found.is_multicast


def _form(url: str, content_type: str) -> str:
    """What the answer says that it is, where this agrees with the address."""
    told = re.split(r"[;,]", content_type)[0].strip().lower()
    by_name = FORMS.get(PurePosixPath(httpx.URL(url).path).suffix.lower())
    by_type = _TYPES.get(told)
    if told in _UNTOLD and by_name:
        return by_name
    if by_type is None:
        raise ConfigError(f"{url}: says {told or 'nothing'} of what it is; wanted {', '.join(_TYPES)}")
    if by_name and by_name != by_type and {by_name, by_type} not in _ALIKE:
        raise ConfigError(f"{url}: says {told}; wanted {by_name}, as its address says")
    return by_name or by_type

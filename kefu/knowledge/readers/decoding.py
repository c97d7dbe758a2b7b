"""Bytes read as text in the encoding that they are in."""

from __future__ import annotations

import codecs

from charset_normalizer import from_bytes

from kefu.errors import ConfigError

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# what shops in English and Chinese save files in besides UTF-8; more would only be guessed wrongly
_OTHERS = ["gb18030", "big5", "cp1252"]
_SAMPLE = 200_000
_WIDE = 0.2  # share of zero bytes from which a text has two bytes a character
_DAMAGED = 0.1  # share of broken characters below which a text is UTF-8 with a fault in it


def decoded(data: bytes, *, name: str, hint: str | None = None) -> str:
    """The text of ``data``; ``hint`` is the encoding that the file itself names.

    Raises:
        ConfigError: no encoding fits, or a byte that the encoding does not have, with its line.
    """
    encoding = _marked(data) or _wide(data)
    if encoding is None:
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError as error:
            encoding = _other(data, error, name=name, hint=hint)
    try:
        return data.decode(encoding)
    except (UnicodeDecodeError, LookupError) as error:
        start = getattr(error, "start", 0)
        raise ConfigError(
            f"{name}, line {_line(data, start)}: byte {start} is no {encoding}; save it as UTF-8"
        ) from error


def _marked(data: bytes) -> str | None:
    return next((encoding for mark, encoding in _MARKS if data.startswith(mark)), None)


def _wide(data: bytes) -> str | None:
    """UTF-16 without a mark: half of what is written in Latin letters is zero bytes."""
    sample = data[:4096]
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    if max(even, odd) < _WIDE * len(sample):
        return None
    return "utf-16-le" if odd > even else "utf-16-be"


def _other(data: bytes, error: UnicodeDecodeError, *, name: str, hint: str | None) -> str:
    told = data.decode("utf-8", errors="replace")
    strange = [c for c in told if ord(c) > 127]
    if strange.count("\ufffd") < _DAMAGED * len(strange):
        raise ConfigError(
            f"{name}, line {_line(data, error.start)}: byte {error.start} is no UTF-8, all around it is; "
            "save it again as UTF-8"
        ) from error
    if hint and _fits(data, hint):
        return hint
    sample = data[:_SAMPLE] if len(data) <= _SAMPLE else data[: data.rfind(b"\n", 0, _SAMPLE) + 1 or _SAMPLE]
    best = from_bytes(sample, cp_isolation=_OTHERS).best()
    if best is None:
        raise ConfigError(f"{name} is in no encoding that is known (UTF-8, UTF-16, GB18030, Big5 and "
                          "Windows-1252 were tried); save it as UTF-8") from error  # fmt: skip
    return best.encoding


def _fits(data: bytes, encoding: str) -> bool:
    try:
        data.decode(encoding)
    except (UnicodeDecodeError, LookupError):
        return False
    return True


def _line(data: bytes, start: int) -> int:
    return data.count(b"\n", 0, start) + 1

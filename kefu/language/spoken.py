"""E-mail addresses as they are said: "john dot smith at gmail dot com", zhang 下划线 san 艾特 qq 点 com."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kefu.language.words import word_set

_PART = "[A-Za-z0-9]{1,32}"
_MARKS = {
    "dot": ".", "point": ".", "点": ".", ".": ".", "underscore": "_", "下划线": "_", "_": "_", "dash": "-",
    "hyphen": "-", "minus": "-", "横杠": "-", "横线": "-", "减号": "-", "杠": "-", "-": "-", "plus": "+",
    "加号": "+", "+": "+",
}  # fmt: skip
_SAID_MARK = (
    r"(?:[ ]{1,3}(?:dot|point|underscore|dash|hyphen|minus|plus)[ ]{1,3}"
    r"|[ ]{0,3}(?:点|下划线|横杠|横线|减号|杠|加号|[._+-])[ ]{0,3})"
)
_SAID_DOT = r"(?:[ ]{1,3}dot[ ]{1,3}|[ ]{0,3}点[ ]{0,3}|\.)"
_SAID_AT = r"(?:[ ]{1,3}at[ ]{1,3}|[ ]{0,3}(?:艾特|圈[aA]|小老鼠|@)[ ]{0,3})"
_SPOKEN = re.compile(
    rf"(?<![A-Za-z0-9])(?P<name>{_PART}(?:{_SAID_MARK}{_PART}){{0,4}})(?P<at>{_SAID_AT})"
    rf"(?P<domain>{_PART}(?:(?:{_SAID_DOT}|-){_PART}){{0,3}}{_SAID_DOT}(?P<top>[A-Za-z]{{2,10}}))(?![A-Za-z0-9])",
    re.IGNORECASE,
)
_SAID = re.compile(r"[ ]dot[ ]|点|艾特|圈a|小老鼠", re.IGNORECASE)
_TOPS = word_set("com cn net org edu gov io me co uk de fr es it info biz app dev eu us hk tw sg jp ca au")

#: Words that lead to an address; behind any other word "at" is a place: "I saw it at amazon dot com".
_LEADS = re.compile(
    r"(?:^|[^\w\s]|\b(?:e-?mail|mail|address|is|it's|its|to|use|me|from|by|was|as|and|or|try|please|under|for)"
    r"|[\u4e00-\u9fff])\s*$",
    re.IGNORECASE,
)
_NO_NAMES = word_set(
    "it them this that these those me us you him her look looked looking shop shopping shopped buy bought "
    "order ordered available sold sell sale cheaper found find saw see seen read check checked is are was "
    "were be am here there i we they one ones stuff things product products item items go get got visit "
    "what not only login log sign register registered account working work works"
)


def spoken_emails(text: str) -> Iterator[tuple[int, int, str]]:
    """The addresses that are said in a folded ``text``: ``[start, end)`` and the address.

    >>> list(spoken_emails("it is alice at example dot com"))
    [(6, 30, 'alice@example.com')]
    """
    for m in _SPOKEN.finditer(text) if _SAID.search(text) else ():
        if m["top"].lower() in _TOPS and _SAID.search(m.group()) and _is_name(m):
            yield m.start(), m.end(), f"{_written(m['name'])}@{_written(m['domain'])}"


def _is_name(m: re.Match[str]) -> bool:
    """Whether what stands before "at" is somebody's, and no verb or thing."""
    if m["at"].strip().lower() != "at":
        return True
    if not m["name"].isalnum():
        return True  # "john dot smith" is no word
    return m["name"].lower() not in _NO_NAMES and _LEADS.search(m.string[: m.start()]) is not None


def _written(said: str) -> str:
    """``said`` with its marks for their names.

    >>> _written("Zhang 下划线 san"), _written("john dot smith")
    ('zhang_san', 'john.smith')
    """
    parts = re.split(rf"({_SAID_MARK})", said.lower())
    return "".join(_MARKS.get(part.strip(), part) if place % 2 else part for place, part in enumerate(parts))

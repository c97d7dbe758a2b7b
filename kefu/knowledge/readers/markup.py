"""HTML and Markdown as headings and text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from bs4 import BeautifulSoup
from bs4.element import NavigableString, PreformattedString, Tag
from markdown_it import MarkdownIt

from kefu.errors import ConfigError
from kefu.knowledge.readers.blocks import QUESTION, Block

_LEFT_OUT = {
    "script", "style", "template", "noscript", "nav", "header", "footer", "aside", "form", "svg", "iframe",
    "button", "select", "head",
}  # fmt: skip
_BLOCKS = {
    "p", "div", "section", "article", "main", "li", "ul", "ol", "dd", "tr", "table", "thead", "tbody",
    "blockquote", "pre", "figure", "figcaption", "body", "html", "address", "fieldset", "center",
}  # fmt: skip
_QUESTIONS = {"summary", "dt"}
_FRAMES = {"details", "dl"}
_SPACE = re.compile(r"\s+")
_TAG = re.compile(
    r"</?(?:p|br|div|span|a|b|strong|i|em|u|ul|ol|li|h[1-6]|table|tr|td|script|style|img|iframe|font)\b[^>]*>",
    re.IGNORECASE,
)
_OUR_LINE = "data-line"


def html_blocks(text: str, *, name: str) -> Iterator[Block]:
    """Headings h1 to h6, ``summary`` and ``dt`` with what stands below; menus and scripts are left out.

    Raises:
        ConfigError: nested so deep that it is no page.
    """
    walk = _Walk()
    try:
        walk.into(BeautifulSoup(text, "html.parser"))
    except RecursionError as error:
        raise ConfigError(f"{name} is nested too deep for a page") from error
    walk.flush()
    return iter(walk.blocks)


def markdown_blocks(text: str, *, name: str) -> Iterator[Block]:
    """The same of Markdown, which may hold HTML."""
    body = re.sub(r"\A---\n.*?\n---\n", lambda front: "\n" * front.group().count("\n"), text, flags=re.DOTALL)
    markdown = MarkdownIt("commonmark", {"html": True}).enable("table")
    tokens = markdown.parse(body)
    for token in tokens:
        if token.map and token.nesting == 1:
            token.attrSet(_OUR_LINE, str(token.map[0] + 1))
    return html_blocks(markdown.renderer.render(tokens, markdown.options, {}), name=name)


def has_markup(text: str) -> bool:
    """Whether a cell holds HTML tags.

    >>> has_markup("see <b>below</b>"), has_markup("if a < b and c > d")
    (True, False)
    """
    return bool(_TAG.search(text))


def plain(text: str, *, name: str) -> str:
    """HTML of a cell as plain lines."""
    return "\n".join(block.text for block in html_blocks(text, name=name) if block.text)


@dataclass
class _Walk:
    """Goes through a tree in reading order and collects blocks."""

    blocks: list[Block] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    line: int = 1
    bullet: str = ""
    level: int = 0  # of the heading that is being read

    def into(self, tag: Tag) -> None:
        for child in tag.children:
            if isinstance(child, Tag):
                self._tag(child)
            elif isinstance(child, NavigableString) and not isinstance(child, PreformattedString):
                self.words.append(_SPACE.sub(" ", str(child)))

    def flush(self) -> None:
        lines = [_SPACE.sub(" ", line).strip() for line in "".join(self.words).split("\n")]
        text = "\n".join(line for line in lines if line)
        self.words = []
        if text:
            shown = text.replace("\n", " ") if self.level else self.bullet + text
            self.blocks.append(Block(shown, f"line {self.line}", self.level))
            # a heading that nobody closed ends where the next block begins
            self.bullet, self.level = "", 0

    def _tag(self, tag: Tag) -> None:
        if tag.name in _LEFT_OUT and not (tag.name == "header" and tag.find(["h1", "h2", "h3"])):
            return
        if tag.name in _QUESTIONS or re.fullmatch("h[1-6]", tag.name):
            self._heading(tag)
        elif tag.name in _FRAMES:
            self._framed(tag)
        elif tag.name in _BLOCKS:
            self._block(tag)
        elif tag.name == "br":
            self.words.append("\n")
        else:
            self._inline(tag)

    def _heading(self, tag: Tag) -> None:
        self.flush()
        self._at(tag)
        self.level = QUESTION if tag.name in _QUESTIONS else int(tag.name[1])
        self.into(tag)
        self.flush()
        self.level = 0

    def _framed(self, tag: Tag) -> None:
        self.flush()
        self.into(tag)
        self.flush()
        self.blocks.append(Block("", f"line {self.line}", -1))

    def _block(self, tag: Tag) -> None:
        self.flush()
        self._at(tag)
        self.bullet = "- " if tag.name == "li" else self.bullet
        self.into(tag)
        self.flush()
        self.bullet = ""

    def _inline(self, tag: Tag) -> None:
        before = len(self.words)
        self.into(tag)
        if tag.name in ("td", "th"):
            self.words.append(" ")
        target = str(tag.get("href", "")) if tag.name == "a" else ""
        said = "".join(self.words[before:]).strip()
        if target.startswith(("http://", "https://")) and said and target not in said:
            self.words.append(f" ({target})")

    def _at(self, tag: Tag) -> None:
        ours = tag.get(_OUR_LINE)
        self.line = int(str(ours)) if ours else (tag.sourceline or self.line)

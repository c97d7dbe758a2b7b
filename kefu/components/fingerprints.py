"""What a component's result depends on besides its own class: the code behind it, and files."""

from __future__ import annotations

import ast
import functools
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).parents[2]
_FOLLOWED = ("kefu.language", "kefu.dialogue", "kefu.components", "kefu.tfidf")


def fingerprint(*parts: str) -> str:
    """A digest over strings: sources, digests of weights and of files.

    Rasa's training cache reads a component's own class only; this adds what it leans on.
    """
    digest = hashlib.sha256()
    for part in parts:
        digest.update(hashlib.sha256(part.encode()).digest())
    return digest.hexdigest()


class OfItsCode:
    """A base beside a policy of Rasa's: what was trained is kept for as long as the code behind it stays."""

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str:
        """The code behind it."""
        return fingerprint(sources(cls.__module__))


def sources(module: str, *, root: Path = _ROOT) -> str:
    """The code of ``module`` and of all that it reaches of ours (``_FOLLOWED``).

    Read from the disk: nothing is imported, so that code which needs torch is covered without it.
    """
    code: dict[str, str] = {}
    waiting = [module]
    while waiting:
        name = waiting.pop()
        file = _file(name, root)
        if file is not None and name not in code:
            code[name], reached = _read(file)
            waiting += reached
    return "\0".join(f"{name}\n{code[name]}" for name in sorted(code))


@functools.cache
def _read(file: Path) -> tuple[str, tuple[str, ...]]:
    """A file's code and the dotted names of ours that it imports, also those inside functions."""
    code = file.read_text(encoding="utf-8")
    return code, tuple(name for name in _imported(ast.parse(code)) if name.startswith(_FOLLOWED))


def _imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)  # a module, or a name in one


def _file(name: str, root: Path) -> Path | None:
    path = root.joinpath(*name.split("."))
    candidates = (path.parent / f"{path.name}.py", path / "__init__.py")
    return next((file for file in candidates if file.is_file()), None)

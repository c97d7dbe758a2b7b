"""Who may enter which room: the table of docs/architecture.md, held against every import."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.support.project import Module, modules

CODE = modules("kefu", "actions")
ANYTHING = None
# What a room may import besides itself and what is FREE.
MAY_IMPORT: dict[str, set[str] | None] = {
    "kefu.language": set(),
    "kefu.dialogue": set(),
    "kefu.knowledge": set(),
    "kefu.store": set(),
    "kefu.shop": {"kefu.store", "kefu.knowledge"},
    "kefu.components": {"kefu.language", "kefu.dialogue", "kefu.knowledge"},
    "kefu.channels": {"kefu.shop"},
    "kefu.desk": {"kefu.shop", "kefu.learning"},
    "kefu.learning": {"kefu.store", "kefu.language"},
    "kefu.evaluation": ANYTHING,
    "kefu.cli": ANYTHING,
    "actions": {"kefu.shop"},
}
# What one file of a room may import besides.
WIRING = {
    "kefu.components.wiring": {"kefu.store"},
    "kefu.channels.wiring": {"kefu.store"},
    "actions.wiring": {"kefu.store", "kefu.knowledge", "kefu.language"},
}
FREE = {"kefu", "kefu.errors", "kefu.settings", "kefu.tfidf"}
ALONE = {
    "transformers": {"kefu.language"},
    "spacy": {"kefu.language"},
    "jieba": {"kefu.language"},
    "opencc": {"kefu.language"},
    "tokenizers": {"kefu.language"},
    "huggingface_hub": {"kefu.language"},
    "torch": {"kefu.language", "kefu.dialogue"},
    "onnxruntime": {"kefu.language", "kefu.dialogue"},
    "sqlalchemy": {"kefu.store"},
    "alembic": {"kefu.store"},
    "asyncpg": {"kefu.store"},
    "aiosqlite": {"kefu.store"},
    "rasa": {"kefu.components", "kefu.channels", "kefu.evaluation", "kefu.cli"},
    "rasa_sdk": {"actions", "kefu.channels"},  # channels run them where no server does: action_lines.py
    "sanic": {"kefu.channels"},
    "socketio": {"kefu.channels"},
    "aiohttp": {"kefu.channels"},
    "redis": {"kefu.components", "kefu.channels"},
    "typer": {"kefu.cli"},
    "pypdf": {"kefu.knowledge"},
    "docx": {"kefu.knowledge"},
    "bs4": {"kefu.knowledge"},
    "markdown_it": {"kefu.knowledge"},
    "charset_normalizer": {"kefu.knowledge"},
    "httpx": {"kefu.knowledge"},
    "tenacity": {"kefu.knowledge"},
    "tantivy": {"kefu.knowledge"},
    "usearch": {"kefu.knowledge"},
}
HEAVY = {"torch", "transformers", "tensorflow", "onnxruntime", "huggingface_hub"}
LIBRARIES = ("transformers", "torch", "spacy", "jieba", "onnxruntime", "rasa", "rasa_sdk", "sanic")


@dataclass(frozen=True)
class Import:
    """A name that a module imports; ``inside`` a function or only at its call."""

    target: str
    line: int
    inside: bool


def imports(module: Module) -> Iterator[Import]:
    """Every import of a module, with those under TYPE_CHECKING."""
    yield from _imports(module.tree, inside=False)


def _imports(node: ast.AST, *, inside: bool) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            for alias in child.names:
                yield Import(alias.name, child.lineno, inside)
        elif isinstance(child, ast.ImportFrom):
            assert child.level == 0, f"line {child.lineno}: a relative import"
            for alias in child.names:
                yield Import(f"{child.module}.{alias.name}", child.lineno, inside)
        within = inside or isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef))
        yield from _imports(child, inside=within)


def room(name: str) -> str:
    """The room of a dotted name: kefu.shop of kefu.shop.orders, actions of actions.turn."""
    parts = name.split(".")
    return ".".join(parts[:2]) if parts[0] == "kefu" else parts[0]


def ours(target: str) -> bool:
    return target.split(".")[0] in ("kefu", "actions", "tests")


def allowed(module: Module, target: str) -> bool:
    """Whether the table lets ``module`` import ``target``, a name of ours."""
    there, here = room(target), room(module.name)
    if there in FREE or there == here:
        return True
    table = MAY_IMPORT.get(here, set())
    return table is ANYTHING or there in table | WIRING.get(module.name, set())


@pytest.mark.parametrize("module", CODE, ids=lambda module: str(module.path))
def test_a_room_imports_what_the_table_lets_it(module: Module) -> None:
    wrong = [
        f"{module.path}:{found.line} imports {found.target}"
        for found in imports(module)
        if ours(found.target) and not allowed(module, found.target)
    ]
    assert wrong == []


def test_what_all_may_import_knows_no_room() -> None:
    known = [
        found.target
        for module in CODE
        if module.name in FREE
        for found in imports(module)
        if ours(found.target)
    ]
    assert {room(target) for target in known} <= FREE


def test_nothing_imports_evaluation_but_the_command_line() -> None:
    readers = {room(m.name) for m in CODE for found in imports(m) if room(found.target) == "kefu.evaluation"}
    assert readers <= {"kefu.evaluation", "kefu.cli"}


def test_libraries_stay_in_their_rooms() -> None:
    wrong = [
        f"{module.path}:{found.line} imports {found.target}"
        for module in CODE
        for found in imports(module)
        if room(module.name) not in ALONE.get(found.target.split(".")[0], {room(module.name)})
    ]
    assert wrong == []


def test_what_is_heavy_is_imported_when_it_is_called() -> None:
    wrong = [
        f"{module.path}:{found.line} imports {found.target} at its top"
        for module in CODE
        for found in imports(module)
        if found.target.split(".")[0] in HEAVY and not found.inside and not is_training(module.name)
    ]
    assert wrong == []


def is_training(name: str) -> bool:
    """What is torch through and through: one folder, and one file."""
    return f"{name}.".startswith(("kefu.language.training.", "kefu.dialogue.training."))


def test_training_is_imported_when_it_is_called() -> None:
    wrong = [
        f"{module.path}:{found.line} imports {found.target} at its top"
        for module in CODE
        for found in imports(module)
        if is_training(found.target) and not found.inside and not is_training(module.name)
    ]
    assert wrong == []


def test_a_wiring_file_is_one_file() -> None:
    for name in WIRING:
        assert [module for module in CODE if module.name == name], f"{name} is gone; the table names it"


@pytest.mark.parametrize("name", ["kefu.shop.operations", "kefu.shop.identity"])
def test_the_shop_is_plain_python_when_it_runs(name: str) -> None:
    """Imported by itself, the shop pulls in neither Rasa nor a model nor a web server."""
    told = f"import sys, {name}; print([n for n in {LIBRARIES!r} if n in sys.modules])"
    shown = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"

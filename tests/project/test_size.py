"""Small functions, short files, nothing unfinished, no state at module level."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from statistics import median

import pytest

from tests.support.project import ROOT, Module, files, modules

CODE = modules("kefu", "actions", "rasa_sdk_plugins.py")
ALL = modules("kefu", "actions", "scripts", "tests")
LONGEST_FUNCTION = 49
LONGEST_FILE = 399
MEDIAN_FUNCTION = 14
UNFINISHED = re.compile("|".join(("TO" + "DO", "FIX" + "ME", "NotImplemented" + "Error")))
SILENCED = re.compile("type: " + "ignore|" + "no" + "qa")
MUTATORS = {
    "append", "extend", "insert", "add", "update", "setdefault", "pop", "popitem", "clear", "remove",
    "discard", "sort", "reverse",
}  # fmt: skip
MUTABLE = (ast.List, ast.Dict, ast.Set, ast.ListComp, ast.DictComp, ast.SetComp)
CONNECTING = {"load", "open", "connect", "create_engine", "getenv", "basicConfig", "run", "get_event_loop"}


def functions(module: Module) -> Iterator[tuple[str, int]]:
    """Name and length in lines (decorators left out) of every function."""
    for node in ast.walk(module.tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.name, (node.end_lineno or node.lineno) - node.lineno + 1


def test_no_function_is_long() -> None:
    found = [(n, f"{module.path}: {name}") for module in ALL for name, n in functions(module)]
    assert [f"{place} has {n} lines" for n, place in found if n > LONGEST_FUNCTION] == []


def test_most_functions_are_short() -> None:
    assert median(n for module in CODE for _, n in functions(module)) <= MEDIAN_FUNCTION


def test_no_file_is_long() -> None:
    assert [f"{m.path} has {m.lines} lines" for m in ALL if m.lines > LONGEST_FILE] == []


def test_nothing_is_left_unfinished() -> None:
    suffixes = (".py", ".yml", ".in", ".toml", ".js", ".html", ".css", ".md")
    sources = [path for path in files() if path.suffix in suffixes]
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in sources
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if UNFINISHED.search(line)
    ]
    assert found == []


def test_checks_are_not_silenced() -> None:
    found = [str(m.path) for m in CODE if SILENCED.search((ROOT / m.path).read_text(encoding="utf-8"))]
    assert found == []


@pytest.mark.parametrize("module", CODE, ids=lambda module: str(module.path))
def test_there_is_no_state_at_module_level(module: Module) -> None:
    bound = dict(_bound(module.tree.body))
    empty = [name for name, value in bound.items() if ast.unparse(value) in ("[]", "{}", "set()")]
    changed = [name for name in _changed(module.tree) if isinstance(bound.get(name), MUTABLE)]
    declared = [node.lineno for node in ast.walk(module.tree) if isinstance(node, ast.Global)]
    assert (empty, changed, declared) == ([], [], [])


@pytest.mark.parametrize("module", CODE, ids=lambda module: str(module.path))
def test_importing_connects_and_loads_nothing(module: Module) -> None:
    if module.name == "kefu.store.migrations.env":
        return  # Alembic's own hook: it is executed by a migration, never imported
    calls = [call for node in _top(module.tree.body) for call in ast.walk(node) if isinstance(call, ast.Call)]
    names = [ast.unparse(call.func).split(".")[-1] for call in calls]
    assert [name for name in names if name in CONNECTING] == []


def test_no_broad_exception_is_swallowed() -> None:
    silent = [
        f"{module.path}:{node.lineno}"
        for module in ALL
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or ast.unparse(node.type) in ("Exception", "BaseException"))
        and all(isinstance(step, (ast.Pass, ast.Continue)) for step in node.body)
    ]
    assert silent == []


def _bound(body: list[ast.stmt]) -> Iterator[tuple[str, ast.expr]]:
    for node in body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None:
            yield node.target.id, node.value
        elif isinstance(node, ast.Assign):
            yield from ((target.id, node.value) for target in node.targets if isinstance(target, ast.Name))


def _changed(tree: ast.Module) -> Iterator[str]:
    """Names that are written into: ``name[…] = …``, ``del name[…]``, ``name += …``, ``name.append(…)``."""
    for node in ast.walk(tree):
        target: ast.expr | None = None
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, (ast.Store, ast.Del)):
            target = node.value
        elif isinstance(node, ast.AugAssign):
            target = node.target
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            target = node.func.value if node.func.attr in MUTATORS else None
        if isinstance(target, ast.Name):
            yield target.id


def _top(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements that run on import; a main guard and the bodies of functions do not."""
    for node in body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Import, ast.ImportFrom)):
            continue
        if isinstance(node, ast.If) and ast.unparse(node.test).startswith("__name__"):
            continue
        if isinstance(node, ast.ClassDef):
            yield from _top(node.body)
        else:
            yield node

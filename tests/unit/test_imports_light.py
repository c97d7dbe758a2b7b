"""`import kefu` and `kefu --help` load no library that a person would wait for."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.support.project import ROOT

HEAVY = {
    "aiohttp", "alembic", "asyncpg", "bs4", "docx", "httpx", "jieba", "joblib", "numpy",
    "onnxruntime", "pandas", "PIL", "pypdf", "rasa", "rasa_sdk", "rich", "sanic", "scipy",
    "sklearn", "socketio", "spacy", "sqlalchemy", "tantivy", "tensorflow", "torch", "transformers",
    "usearch", "yaml",
}  # fmt: skip
IMPORTED = "import kefu"
HELPED = """
import io, contextlib
from kefu.cli import main
sys.argv = ["kefu", "--help"]
with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.suppress(SystemExit):
    main()
assert "evaluate" in out.getvalue(), out.getvalue()
"""


@pytest.mark.parametrize("code", [IMPORTED, HELPED], ids=["import kefu", "kefu --help"])
def test_nothing_heavy_is_loaded(code: str) -> None:
    told = "print('\\n'.join(sorted({name.partition('.')[0] for name in sys.modules})))"
    done = subprocess.run(
        [sys.executable, "-c", f"import sys\n{code}\n{told}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = set(done.stdout.splitlines())
    assert "kefu" in loaded
    assert sorted(loaded & HEAVY) == []

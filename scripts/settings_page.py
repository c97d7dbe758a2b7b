"""Write docs/settings.md from the settings themselves; with ``--check``, fail where it is out of date.

python scripts/settings_page.py [--check]
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import Field, fields
from pathlib import Path
from typing import Any

from kefu.settings import Settings

PAGE = Path(__file__).resolve().parents[1] / "docs" / "settings.md"
HEAD = """# Settings

Made by `python scripts/settings_page.py` from `kefu/settings.py`; change it there.

Every setting is an environment variable. All of them have a default, so none has to be set to try Kefu.
A value that cannot be used, or a name that is nearly one of these, ends the program with a sentence that
says so. Flags are `1` or `0`.

| variable | what it is | default |
|---|---|---|
"""
TAIL = """
Before Python starts the Makefile reads `KEFU_VENV`, the folder of the environment (default
`${XDG_CACHE_HOME:-~/.cache}/kefu/venv`), and sets `RASA_TELEMETRY_ENABLED=false` and
`SANIC_HOST=127.0.0.1`.
"""


def rows() -> Iterator[str]:
    """One line of the table for each setting, in the order of the class."""
    for setting in fields(Settings):
        default = _code(str(setting.metadata["default"]))
        yield f"| `KEFU_{setting.name.upper()}` | {_what(setting)} | {default} |"


def _what(setting: Field[Any]) -> str:
    doc = str(setting.metadata["doc"])
    return doc[0].upper() + doc[1:]


def _code(default: str) -> str:
    # a value is shown as it would be typed; words about it are not, but the paths in them are
    return " ".join(f"`{word}`" if "<" in word or " " not in default else word for word in default.split())


def page() -> str:
    """The whole page."""
    return HEAD + "\n".join(rows()) + "\n" + TAIL


def main() -> int:
    if "--check" in sys.argv[1:]:
        current = PAGE.read_text(encoding="utf-8") if PAGE.is_file() else ""
        if current != page():
            print("docs/settings.md is out of date; run python scripts/settings_page.py")
            return 1
        return 0
    PAGE.write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Write docs/openapi.json from the code; with ``--check``, fail where it is out of date.

python scripts/openapi_document.py [--check]
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from kefu.channels.openapi import document

FILE = Path(__file__).resolve().parents[1] / "docs" / "openapi.json"


def main() -> int:
    """Write the document, or compare it."""
    text = json.dumps(document(), ensure_ascii=False, indent=1) + "\n"
    if "--check" not in sys.argv[1:]:
        FILE.write_text(text, encoding="utf-8")
        return 0
    if not FILE.is_file() or FILE.read_text(encoding="utf-8") != text:
        print("docs/openapi.json is out of date; run python scripts/openapi_document.py")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Fail unless ``rasa test core`` evaluated enough test stories, nearly all of them right.

``rasa test core --fail-on-prediction-errors`` exits 0 where it found no story at all, and fails for one
entity of one sentence, which a model trained on another processor may mark otherwise: its report is
read here.

    python scripts/count_stories.py results/stories --at-least 80 --share 0.95
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path


def count(folder: Path) -> tuple[int, int]:
    """Return (evaluated, right) from the report that Rasa left in ``folder``."""
    report = json.loads((folder / "story_report.json").read_text(encoding="utf-8"))
    conversations = report["conversation_accuracy"]
    return int(conversations["total"]), int(conversations["correct"])


def main() -> int:
    parser = argparse.ArgumentParser(description="Count the test stories that Rasa evaluated.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--at-least", type=int, required=True)
    parser.add_argument("--share", type=float, default=1.0, help="of the stories that must be right, 0..1")
    wanted = parser.parse_args()
    try:
        total, right = count(wanted.folder)
    except (OSError, KeyError, ValueError) as error:
        print(f"stories: no usable report in {wanted.folder} ({error!r}); did rasa test core run?")
        return 1
    print(f"stories: {right} of {total} right; wanted {wanted.at_least} or more, {wanted.share:.0%} right")
    return 0 if right >= wanted.share * total and total >= wanted.at_least else 1


if __name__ == "__main__":
    sys.exit(main())

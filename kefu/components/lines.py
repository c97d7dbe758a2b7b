"""On which line a training example stands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from rasa.shared.nlu.training_data.entities_parser import replace_entities

_GROUP = re.compile(r"-\s+(intent|synonym|regex|lookup):\s*(\S+)")


def nlu_lines(file: Path) -> Iterator[tuple[tuple[str, str], int]]:
    """(intent, plain text) of every example of a YAML file of Rasa's, with its line, first is 1."""
    intent = None
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        said = line.strip()
        if group := _GROUP.match(said):
            intent = group[2].strip("'\"") if group[1] == "intent" else None
        elif intent and said.startswith("- "):
            text = said[2:].strip()
            yield (intent, replace_entities(text) if "[" in text else text), number

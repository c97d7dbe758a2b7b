"""Show where the test stories' entities or intents are not what a model finds, as a diff to review.

Rasa's end-to-end comparison wants every entity of a sentence: its start, end, type and value (as text).
After a change of the catalogue, of the training data or of the extractors this prints what would have
to change. Whether the story or the model is wrong is for a person to say: nothing is written without
``--write``, and intents are never written, only reported.

    python scripts/annotate_stories.py --model models/NAME.tar.gz [tests/conversations/test_cancel.yml …]

Exit status: 0 nothing differs, 1 something differs, 2 nothing to look at.
"""

from __future__ import annotations

import argparse
import asyncio
import difflib
import json
import logging
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

STORIES = Path("tests/conversations")
USER = re.compile(r"\s*- user: \|\s*")
INTENT = re.compile(r"\s*intent: (\S+)\s*")
Parsed = Mapping[str, Any]


@dataclass(frozen=True)
class Said:
    """One sentence of a story: where it stands (``line`` counts from 0), as annotated, and its intent."""

    line: int
    annotated: str
    intent: str


def sentences(lines: Sequence[str]) -> Iterator[Said]:
    """Each ``user: |`` step with its ``intent:``, which stands one or more lines below."""
    for place, line in enumerate(lines):
        if USER.fullmatch(line) and place + 1 < len(lines):
            below = (INTENT.fullmatch(later) for later in lines[place + 2 : place + 4])
            intent = next((found.group(1) for found in below if found), "")
            yield Said(place + 1, lines[place + 1].strip(), intent)


def read_annotation(annotated: str) -> tuple[str, list[dict[str, Any]]]:
    """The plain text and its entities, read as Rasa reads them."""
    from rasa.shared.nlu.training_data import entities_parser

    entities = entities_parser.find_entities_in_training_example(annotated)
    return entities_parser.replace_entities(annotated), entities


def annotate(text: str, entities: Sequence[Parsed]) -> str:
    """``text`` with ``entities`` marked; the value is written out only where it is not the words."""
    out, place = "", 0
    for entity in sorted(entities, key=lambda found: found["start"]):
        words, value = text[entity["start"] : entity["end"]], str(entity["value"])
        full = json.dumps({"entity": entity["entity"], "value": value}, ensure_ascii=False)
        mark = f"({entity['entity']})" if words == value else full
        out += text[place : entity["start"]] + f"[{words}]{mark}"
        place = entity["end"]
    return out + text[place:]


def compared(entities: Sequence[Parsed]) -> set[tuple[int, int, str, str]]:
    """What Rasa compares of them; their order and the extractor do not count."""
    return {(e["start"], e["end"], e["entity"], str(e["value"])) for e in entities}


class Model:
    """The understanding of a trained model, without conversation and without actions."""

    def __init__(self, archive: Path) -> None:
        # structlog prints every parsed message otherwise; Rasa takes seconds to import, --help need not
        import structlog
        from rasa.core.agent import Agent

        quiet = structlog.make_filtering_bound_logger(logging.ERROR)
        structlog.configure(wrapper_class=quiet)
        self._processor = Agent.load(str(archive)).processor

    async def parse(self, text: str) -> Parsed:
        """Intent and entities as ``rasa test`` gets them: no tracker is given."""
        from rasa.core.channels import UserMessage

        parsed: Parsed = await self._processor.parse_message(UserMessage(text=text))
        return parsed


async def review(path: Path, model: Model) -> tuple[str, str, list[str]]:
    """Return the file as it is, as the model would annotate it, and the intents that differ."""
    before = path.read_text(encoding="utf-8")
    lines, intents = before.split("\n"), []
    for said in list(sentences(lines)):
        text, wanted = read_annotation(said.annotated)
        parsed = await model.parse(text)
        if compared(wanted) != compared(parsed["entities"]):
            indent = lines[said.line][: len(lines[said.line]) - len(lines[said.line].lstrip())]
            lines[said.line] = indent + annotate(text, parsed["entities"])
        found = parsed["intent"]
        if found["name"] != said.intent:
            sure = f"{found['name']} ({found['confidence']:.2f})"
            intents.append(f"{path}:{said.line + 1}: intent {said.intent}, the model finds {sure}: {text}")
    return before, "\n".join(lines), intents


async def review_all(paths: Sequence[Path], model: Model, *, write: bool) -> bool:
    """Print what differs in each file; with ``write`` mend its entities. True where anything differs."""
    differs = False
    for path in paths:
        before, after, intents = await review(path, model)
        titles = str(path), f"{path} as the model annotates it"
        diff = difflib.unified_diff(before.splitlines(), after.splitlines(), *titles, lineterm="", n=2)
        print(*diff, *intents, sep="\n", end="\n" if after != before or intents else "")
        if write and after != before:
            path.write_text(after, encoding="utf-8")
        differs = differs or after != before or bool(intents)
    return differs


def main() -> int:
    parser = argparse.ArgumentParser(description="Compare the test stories' annotations with a model's.")
    parser.add_argument("files", type=Path, nargs="*", help=f"default: all of {STORIES}")
    parser.add_argument("--model", type=Path, required=True, help="a trained archive")
    parser.add_argument("--write", action="store_true", help="rewrite entities, never intents")
    wanted = parser.parse_args()
    paths = wanted.files or sorted(STORIES.glob("test_*.yml"))
    missing = [str(path) for path in [*paths, wanted.model] if not path.is_file()]
    if missing or not paths:
        print(f"annotate: not found: {', '.join(missing) or STORIES}. Run it from the project's root.")
        return 2
    differs = asyncio.run(review_all(paths, Model(wanted.model), write=wanted.write))
    print("annotate: review each of these" if differs else "annotate: the stories and the model agree")
    return 1 if differs else 0


if __name__ == "__main__":
    sys.exit(main())

"""Two folders to train and serve in: stock Rasa as `rasa init` has it, and ours, over one slice of data."""

from __future__ import annotations

import re
import shutil
import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from benchmarks.turn.plan import Plan
from benchmarks.turn.slices import FAQ, Slice
from kefu.errors import KefuError

STOCK, OURS = "stock", "ours"
SYSTEMS = (STOCK, OURS)
ORDER_NUMBER = r"\b[Kk][Ff]\d{8}\b"
# one that stands in no annotation; our own examples leave it to the catalogue's matcher
_UNMARKED = re.compile(rf"({ORDER_NUMBER})(?![^\[\]]*\])")
TRACKED = "track my parcel"  # an example that the slice holds: a conversation says it
# an intent `faq` and the action behind it; as text: `yes` is a word for Rasa and a truth for PyYAML
_ANSWERED = re.compile(rf"(- intent: {FAQ}\n\s+- action: )\w+")


class _Blocks(yaml.SafeDumper):
    """Writes texts of several lines as blocks, which a line can be put into."""

    def represent_str(self, text: str) -> yaml.ScalarNode:
        """A text, as a block where it has several lines."""
        return self.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Blocks.add_representer(str, _Blocks.represent_str)


@dataclass(frozen=True)
class Project:
    """A folder that `rasa train` and `rasa run` work in, and the home of what is kept beside it."""

    system: str
    folder: Path

    @property
    def home(self) -> Path:
        """KEFU_HOME of its action server, and of the assistant where it is ours."""
        return self.folder / "home"

    @property
    def model(self) -> Path:
        """The archive that is served: the one of the cold training."""
        return self.folder / "models" / "cold.tar.gz"

    @property
    def database(self) -> Path:
        """The shop that its actions work on."""
        return self.home / "kefu.db"


def write(root: Path, project: Project, data: Slice, plan: Plan) -> None:
    """Lay out configuration, domain and data, anew; trained models and homes stay."""
    shutil.rmtree(project.folder / "data", ignore_errors=True)
    stock = project.system == STOCK
    config = stock_config(plan) if stock else our_config(yaml.safe_load(_read(root / "config.yml")), plan)
    _dump(project.folder / "config.yml", config)
    domain = _read(root / "domain.yml")
    _write(project.folder / "domain.yml", _with_answers(domain, data) if stock else domain)
    _dump(project.folder / "data" / "nlu" / "nlu.yml", {"version": "3.1", "nlu": examples(data, stock=stock)})
    for kind in ("rules", "stories"):
        for file in sorted((root / "data" / kind).glob("*.yml")):
            told = _read(file)
            _write(project.folder / "data" / kind / file.name, answered_by_selector(told) if stock else told)


def examples(data: Slice, *, stock: bool) -> list[dict[str, Any]]:
    """The blocks of ``nlu:``; the same texts for both.

    Stock learns besides which passage a question asks for, and what an order number is.
    """
    if stock:
        blocks = [_block(intent, map(marked, lines)) for intent, lines in data.examples.items()]
    else:
        blocks = [_block(intent, lines) for intent, lines in data.examples.items()]
        return [*blocks, _block(FAQ, [q for answer in data.answers for q in answer.questions])]
    retrieval = [_block(f"{FAQ}/{answer.passage_id}", answer.questions) for answer in data.answers]
    pattern = {"regex": "order_number", "examples": f"- {ORDER_NUMBER}\n"}
    return [*blocks, *retrieval, pattern]


def marked(line: str) -> str:
    """An example with its order numbers as entities, without which no extractor of stock looks for them.

    >>> marked("where is KF10000002")
    'where is [KF10000002](order_number)'
    """
    return _UNMARKED.sub(r"[\1](order_number)", line)


def stock_config(plan: Plan) -> dict[str, Any]:
    """What `rasa init` uses, and one extractor more: DIET reads no order number that it never saw."""
    networks = {"epochs": plan.epochs, "constrain_similarities": True, "random_seed": plan.seed}
    return {
        "recipe": "default.v1",
        "assistant_id": "stock",
        "language": "en",
        "pipeline": [
            {"name": "WhitespaceTokenizer"},
            {"name": "RegexFeaturizer"},
            {"name": "LexicalSyntacticFeaturizer"},
            {"name": "CountVectorsFeaturizer"},
            {"name": "CountVectorsFeaturizer", "analyzer": "char_wb", "min_ngram": 1, "max_ngram": 4},
            {"name": "DIETClassifier", **networks},
            {"name": "RegexEntityExtractor"},
            {"name": "EntitySynonymMapper"},
            {"name": "ResponseSelector", **networks},
            {"name": "FallbackClassifier", "threshold": 0.3, "ambiguity_threshold": 0.1},
        ],
        "policies": [
            {"name": "MemoizationPolicy"},
            {"name": "RulePolicy"},
            {"name": "UnexpecTEDIntentPolicy", "max_history": 5, "epochs": plan.epochs},
            {"name": "TEDPolicy", "max_history": 5, **networks},
        ],
    }


def our_config(config: dict[str, Any], plan: Plan) -> dict[str, Any]:
    """Our configuration as it stands; ``plan.tuning`` only where a quick run shall not fine-tune."""
    for component in config["pipeline"] if plan.tuning else ():
        if component["name"].endswith("BertIntentEntityClassifier"):
            component["tuning"] = plan.tuning
    return config


def change_example(project: Project) -> None:
    """One example more, in an intent that both learn."""
    _put_behind(
        project.folder / "data" / "nlu" / "nlu.yml", f"- {TRACKED}\n", "- could you see where it has got to\n"
    )


def change_sentence(project: Project) -> None:
    """A variant more of one sentence of the domain."""
    _put_behind(project.folder / "domain.yml", "  utter_welcome:\n", '    - text: "With pleasure!"\n')


def change_answer(project: Project, passage_id: str) -> None:
    """A variant more of one answer of stock's domain; ours keeps answers in the store."""
    head = f"  utter_{FAQ}/{passage_id}:\n"
    _put_behind(project.folder / "domain.yml", head, '  - text: "Please look at the page on it."\n')


def answered_by_selector(told: str) -> str:
    """Rules or stories in which the ResponseSelector answers ``faq``, as stock Rasa does."""
    return _ANSWERED.sub(rf"\1utter_{FAQ}", told)


def _with_answers(domain: str, data: Slice) -> str:
    answers = {f"utter_{FAQ}/{a.passage_id}": [{"text": a.text}] for a in data.answers}
    block = yaml.safe_dump(answers, allow_unicode=True, sort_keys=False, width=1000)
    before, opening, rest = domain.partition("\nresponses:\n")
    return f"{before}{opening}{textwrap.indent(block, '  ')}{rest}"


def _put_behind(file: Path, line: str, more: str) -> None:
    text = _read(file)
    if line not in text:
        raise KefuError(f"found no {line!r} in {file}; wanted it as the place of a change")
    # once: an indented line keeps its place within its block
    at = text.index(line) + len(line)
    indent = text[text.rfind("\n", 0, text.index(line)) + 1 : text.index(line)]
    _write(file, f"{text[:at]}{indent}{more}{text[at:]}")


def _block(intent: str, lines: Iterable[str]) -> dict[str, Any]:
    return {"intent": intent, "examples": "".join(f"- {line}\n" for line in lines)}


def _read(file: Path) -> str:
    if not file.is_file():
        raise KefuError(f"found no {file}; run it in the project's folder")
    return file.read_text(encoding="utf-8")


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


def _dump(file: Path, values: Mapping[str, Any]) -> None:
    _write(file, yaml.dump(dict(values), Dumper=_Blocks, allow_unicode=True, sort_keys=False, width=1000))

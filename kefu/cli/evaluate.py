"""`kefu evaluate`: a file of examples, a model, and the figures."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import logging
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kefu.channels.text import guarded
from kefu.cli import console
from kefu.cli.models import chosen_model
from kefu.errors import ConfigError, KefuError
from kefu.evaluation.examples import Labelled, read_labelled
from kefu.evaluation.predictions import (
    Prediction,
    Reader,
    from_parse_data,
    reader_of,
    writable,
    write_predictions,
)
from kefu.evaluation.report import UnderstandingReport, evaluate
from kefu.settings import Settings

if TYPE_CHECKING:
    from kefu.language.understanding import Understanding


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where the model comes from: an archive or a kept folder, or training on a file, as a recipe says."""

    model: Path | None = None
    train: Path | None = None
    keep: Path | None = None
    seed: int | None = None
    recipe: tuple[str, ...] = ()

    def check(self) -> None:
        """Raise ConfigError for options that contradict each other."""
        if self.train and self.model:
            raise ConfigError("found --train and --model; name one: a model is trained, or given")
        training_only = {"--keep": self.keep, "--seed": self.seed, "--recipe": self.recipe or None}
        given = [name for name, value in training_only.items() if value is not None]
        if given and not self.train:
            raise ConfigError(f"found {given[0]} without --train; name the file to train on")


@dataclass(frozen=True, kw_only=True)
class Output:
    """What is made of the figures besides a table."""

    as_json: bool = False
    predictions: Path | None = None
    plots: Path | None = None

    def check(self) -> None:
        """Make the folders; KefuError where nothing can be written, before anything is computed."""
        if self.predictions:
            writable(self.predictions)
        if self.plots:
            _folder(self.plots)


def intents(file: Path, source: Source, output: Output) -> None:
    """Print how well the intents of ``file`` (columns text, intent) are understood."""
    _measure(file, source, output, need=("text", "intent"))


def entities(file: Path, source: Source, output: Output) -> None:
    """Print how well the entities of ``file`` (text, entities) are found."""
    _measure(file, source, output, need=("text", "entities"))


def parse_all(texts: Sequence[str], *, model: Path | None) -> list[dict[str, Any]]:
    """What the model makes of each text: Rasa's parse data, in the order of ``texts``."""
    with parser(chosen_model(Settings.load().root, model)) as parse:
        return [parse(text) for text in texts]


@contextlib.contextmanager
def parser(archive: Path) -> Iterator[Callable[[str], dict[str, Any]]]:
    """Rasa's understanding of one text, from the model ``archive``, held open."""
    from rasa.core.agent import Agent
    from rasa.utils.log_utils import configure_structlog

    # else Rasa prints every message among the figures, and onto standard output
    configure_structlog(logging.WARNING)
    agent = Agent.load(str(archive))
    loop = asyncio.new_event_loop()
    try:
        yield lambda text: dict(loop.run_until_complete(agent.parse_message(text)))
    finally:
        loop.close()


def _measure(file: Path, source: Source, output: Output, *, need: tuple[str, ...]) -> None:
    source.check()
    rows = read_labelled(file, need=need)
    output.check()
    # standard output is for the figures alone, whatever a library has to say
    with contextlib.redirect_stdout(sys.stderr), _model(rows, source, need=need) as (read, about):
        tell(f"reading {len(rows)} messages")
        about = {"file": str(file), "sha256": digest(file), **about}
        report, predictions = evaluate(rows, read, about=about)
    if output.predictions:
        write_predictions(output.predictions, rows, predictions)
    if output.plots:
        _draw(output.plots, rows, report, predictions)
    console.say(as_json(report.as_dict()) if output.as_json else report.as_table())


@contextlib.contextmanager
def _model(
    rows: Sequence[Labelled], source: Source, *, need: tuple[str, ...]
) -> Iterator[tuple[Reader, dict[str, Any]]]:
    """A way to read one message, and what to say about the model behind it."""
    outside = any(row.outside for row in rows)
    if source.train:
        with _trained(source.train, source, need=need) as (understanding, known, about):
            yield reader_of(understanding, gated=outside or known), about
    elif source.model and source.model.is_dir():
        from kefu.language.understanding import Understanding

        yield reader_of(Understanding.open(source.model), gated=outside), {"model": str(source.model)}
    else:
        archive = chosen_model(Settings.load().root, source.model)
        with parser(archive) as parse:
            yield _assistant(parse), {"model": str(archive)}


def _assistant(parse: Callable[[str], dict[str, Any]]) -> Reader:
    """The assistant's word on a message that came as the channel hands it over: "/greet" is no command."""

    def read(text: str) -> Prediction:
        said = guarded(text)
        return from_parse_data(parse(said), moved=len(said) - len(text))

    return read


@contextlib.contextmanager
def _trained(
    file: Path, source: Source, *, need: tuple[str, ...]
) -> Iterator[tuple[Understanding, bool, dict[str, Any]]]:
    """An understanding trained on ``file``, whether out-of-scope rows were among it, and the account."""
    from kefu.evaluation.training import learn, recipe_of

    recipe = recipe_of(source.recipe, seed=source.seed)
    rows = read_labelled(file, need=need)
    with contextlib.ExitStack() as stack:
        folder = _new_folder(source.keep) if source.keep else Path(stack.enter_context(_scratch()))
        tell(f"training on {len(rows)} examples of {file}")
        understanding, account = learn(rows, recipe, folder=folder)
        for problem in account["problems"]:
            tell(problem)
        about = {"file": str(file), "sha256": digest(file), "recipe": recipe.as_dict()}
        yield understanding, any(row.outside for row in rows), {"training": {**about, **account}}


def _scratch() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="kefu-understanding-")


def _draw(
    folder: Path, rows: Sequence[Labelled], report: UnderstandingReport, found: Sequence[Prediction]
) -> None:
    from kefu.evaluation.plots import draw_confusion, draw_reliability
    from kefu.evaluation.report import is_right

    pairs = [(row.intent, one.intent, row) for row, one in zip(rows, found, strict=True) if row.intent]
    if pairs:
        wanted = [want for want, _, _ in pairs]
        got = [want if is_right(row, name) else name for want, name, row in pairs]
        draw_confusion(folder / "confusion.png", wanted=wanted, found=got)
    if report.calibration:
        draw_reliability(folder / "reliability.png", report.calibration)


def _new_folder(folder: Path) -> Path:
    _folder(folder)
    if any(folder.iterdir()):
        raise KefuError(f"found files in {folder}; name a new folder to keep the model in")
    return folder


def _folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise KefuError(f"cannot make the folder {folder} ({error.strerror}); name another") from error


def digest(file: Path) -> str:
    """SHA-256 of what ``file`` holds."""
    return hashlib.sha256(file.read_bytes()).hexdigest()


def as_json(values: dict[str, Any]) -> str:
    """``values`` on one line, for standard output."""
    # a recipe may hold paths, which JSON has no form for
    return json.dumps(values, ensure_ascii=False, default=str)


def tell(line: str) -> None:
    """Say ``line`` to the person, beside the figures."""
    print(line, file=sys.stderr, flush=True)

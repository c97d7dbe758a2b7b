"""`kefu evaluate retrieval`: a file and a model, or a bank and queries from outside, and the figures."""

from __future__ import annotations

import contextlib
import json
import sys
from pathlib import Path
from typing import Any

from kefu.cli import console
from kefu.cli.evaluate import Output, as_json, digest, parse_all, tell
from kefu.errors import ConfigError
from kefu.evaluation.examples import read_examples
from kefu.evaluation.predictions import writable


def retrieval(
    file: Path | None, *, bank: Path | None, queries: Path | None, model: Path | None, output: Output
) -> None:
    """Print how often the wanted passage was found, by a model on ``file`` or by what a ``bank`` teaches."""
    if bank and queries and not file and not model:
        output.check()
        # standard output is for the figures alone, whatever a library has to say
        with contextlib.redirect_stdout(sys.stderr):
            figures = _from_bank(bank, queries, output)
        console.say(figures)
    elif file and not bank and not queries:
        if output.predictions or output.plots:
            raise ConfigError("found --predictions or --plots with FILE; they go with --bank and --queries")
        console.say(_from_model(file, model=model, json_wanted=output.as_json))
    else:
        raise ConfigError("wanted FILE (and --model), or --bank BANK.csv with --queries QUERIES.csv")


def _from_model(file: Path, *, model: Path | None, json_wanted: bool) -> str:
    """The figures of a file with text and passage (empty: none)."""
    from kefu.evaluation.retrieval import measure_retrieval

    examples = read_examples(file, columns=("text", "passage"))
    parsed = parse_all([example["text"] for example in examples], model=model)
    report = measure_retrieval(
        wanted=[example["passage"] or None for example in examples],
        found=[[str(hit["id"]) for hit in row.get("knowledge") or ()] for row in parsed],
    )
    return as_json(report.as_dict()) if json_wanted else report.as_table()


def _from_bank(bank_file: Path, queries_file: Path, output: Output) -> str:
    from kefu.components import wiring
    from kefu.evaluation.retrieval_figures import retrieval_figures
    from kefu.evaluation.retrieval_files import read_bank, read_queries
    from kefu.evaluation.retrieval_run import answered, draw_answers, fitted, write_answers
    from kefu.language.languages import LanguageDetector

    detect = LanguageDetector().detect
    bank = read_bank(bank_file, detect=detect)
    queries = read_queries(queries_file, bank, detect=detect)
    for problem in bank.problems:
        tell(problem)
    tell(f"fitting {len(bank.variants)} variants, looking up {len(queries)} queries")
    embed, rewriting = wiring.packaged_embedding()
    ranker, seconds = fitted(bank, embed=embed, rewriting=rewriting)
    answers = answered(ranker, queries)
    if output.predictions:
        writable(output.predictions)
        write_answers(output.predictions, answers)
    if output.plots:
        draw_answers(output.plots, answers)
    figures = retrieval_figures(answers, fit_seconds=seconds)
    if not output.as_json:
        return figures.as_table()
    about: dict[str, Any] = {
        "bank": {"file": str(bank_file), "sha256": digest(bank_file), "languages": bank.languages},
        "queries": {"file": str(queries_file), "sha256": digest(queries_file)},
        "problems": bank.problems,
    }
    return json.dumps({**about, **figures.as_dict()}, ensure_ascii=False)

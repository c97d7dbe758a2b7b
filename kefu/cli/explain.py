"""`kefu explain`: what the model makes of a message, and from what."""

from __future__ import annotations

import contextlib
import json
import sys
from pathlib import Path

from kefu.cli import console
from kefu.cli.models import understanding_of
from kefu.evaluation.explain import explained
from kefu.language.languages import LanguageDetector


def explain(text: str, *, as_json: bool, model: Path | None) -> None:
    """Print the explanation of ``text`` by the newest model, or by ``model``."""
    with contextlib.redirect_stdout(sys.stderr):
        explanation = explained(understanding_of(model), text, language=LanguageDetector().detect(text))
    console.say(json.dumps(explanation.as_dict(), ensure_ascii=False) if as_json else explanation.as_table())

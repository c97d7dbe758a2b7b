"""`python -m benchmarks.turn.profile`: where a turn's time goes, by py-spy, condensed into a table.

Samples of our server while one conversation asks for an order; a sample counts for the first place of
``PLACES`` that one of its frames names, so that a place holds all that it calls. The CPU time that the kernel
counted is shared out by samples.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from time import monotonic
from typing import Annotated, Any

import typer

from benchmarks.files import put_block, table_row, write_json
from benchmarks.nlu.provenance import provenance
from benchmarks.turn import machine
from benchmarks.turn.clients import Talk, begin
from benchmarks.turn.plan import GROWN
from benchmarks.turn.projects import OURS, Project
from benchmarks.turn.run import PACKAGES, first_answer
from benchmarks.turn.servers import Serving
from kefu.cli.shop import ensure_shop
from kefu.errors import KefuError
from kefu.settings import Settings

BEGIN, END = "<!-- profile: begin -->", "<!-- profile: end -->"
RATE = 250  # samples a second
TURNS_OF_A_TALK = 20
# the first that fits counts: what is inside stands before what is around it
PLACES: tuple[tuple[str, tuple[str, ...]], ...] = (
        ("check of an action's answer by JSON schema", ("_validate_action_result",)),
        ("encoder: int8 forward", ("(onnxruntime/",)),
        ("tokenising, speller, heads, n-grams", ("(kefu/language/",)),
        ("finding passages", ("(kefu/knowledge/", "(kefu/components/knowledge", "(kefu/components/finding")),
        ("the pipeline around them", ("_parse_message_with_graph",)),
        ("policy: rules", ("(rasa/core/policies/rule_policy",)),
        ("policy: memoization", ("(rasa/core/policies/memoization",)),
        ("policy: the learned one and the language", ("(kefu/components/policy", "(kefu/components/dialogue",
                                                     "(kefu/dialogue/", "(rasa/core/policies/")),
        ("conversation: read, fold, save", ("(kefu/components/tracker_store", "(kefu/components/checkpoints",
                                            "(kefu/components/histories", "(kefu/store/trackers")),
        ("action: what it reads, decides, writes", ("(actions/",)),
        ("action: its call, rasa-sdk", ("(kefu/channels/action_", "_action_call_format", "(rasa_sdk/")),
        ("what else Rasa does with an action", ("_run_action",)),
        ("Rasa's graph and processor", ("(rasa/core/processor", "(rasa/core/lock", "(kefu/components/lock")),
        ("inbox, session, kept answer", ("(kefu/channels/", "(kefu/shop/", "(kefu/store/")),
)  # fmt: skip
# a thread that waits, of which py-spy says that it runs where a machine has more work than cores
WAITING = (
    "_worker (concurrent/futures/thread.py", "serve (sanic/server/runners.py", "wait (threading.py",
    "select (selectors.py",
)  # fmt: skip
REST = "event loop and the rest"
app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def main(
    seconds: Annotated[int, typer.Option(min=1, help="How long samples are taken.")] = 30,
    work: Annotated[Path | None, typer.Option(help="As that of the benchmark.")] = None,
) -> None:
    """Profile our server as the benchmark trained them; the table goes to docs/performance.md."""
    settings = Settings.load()
    project = Project(OURS, (work or settings.home / "bench" / "turn").resolve() / OURS)
    try:
        if not project.model.is_file():
            raise KefuError(f"found no {project.model}; train it with `python -m benchmarks.turn train`")
        with machine.on_other_cores():
            found = profile(Serving(project, settings.root), seconds=seconds)
        write_json(
            settings.root / "results" / "turn" / "profile.json", {**found, "from": provenance(PACKAGES)}
        )
        put_block(settings.root / "docs" / "performance.md", BEGIN, END, "\n".join([*table(found), "", ""]))
    except KefuError as error:
        print(f"error: {error}", file=sys.stderr)
        raise typer.Exit(1) from error
    print("\n".join(table(found)))


def profile(serving: Serving, *, seconds: int) -> dict[str, Any]:
    """CPU milliseconds of a turn by place, largest first, and how many turns were sampled."""
    ensure_shop(serving.settings)
    try:
        first_answer(serving)
        with tempfile.TemporaryDirectory() as scratch:
            file = Path(scratch) / "stacks.txt"
            sampler = _sampler(serving.groups[0], file, seconds)
            before, turns = serving.cpu_seconds(), _talk(serving, seconds)
            spent = serving.cpu_seconds() - before
            sampler.wait()
            found = condensed(file.read_text().splitlines(), PLACES)
    finally:
        serving.stop()
    each, samples = 1000 * spent / max(1, turns), max(1, sum(n for _, n in found))
    return {
        "turns": turns,
        "samples": samples,
        "cpu_ms": round(each, 2),
        "parts": {place: round(n * each / samples, 2) for place, n in found},
    }


def condensed(lines: Iterable[str], places: tuple[tuple[str, tuple[str, ...]], ...]) -> list[tuple[str, int]]:
    """Samples by place, most first, of py-spy's raw lines: frames from outside to inside by ``;``, a count.

    >>> condensed(["main (rasa/a.py:1);read (kefu/language/x.py:2) 3"], (("reading", ("(kefu/",)),))
    [('reading', 3)]
    """
    found: Counter[str] = Counter()
    for line in lines:
        stack, _, count = line.rpartition(" ")
        if stack.rpartition(";")[2].startswith(WAITING):
            continue
        fitting = (place for place, marks in places if any(mark in stack for mark in marks))
        found[next(fitting, REST)] += int(count)
    return found.most_common()


def table(found: Mapping[str, Any]) -> list[str]:
    """The rows of Markdown, with their sum."""
    lines = [table_row(["what", "CPU ms of a turn"]), table_row(["---"] * 2)]
    lines += [table_row([place, f"{spent:.2f}"]) for place, spent in found["parts"].items()]
    return [*lines, table_row(["together", f"{sum(found['parts'].values()):.2f}"])]


def _talk(serving: Serving, seconds: int) -> int:
    """Ask for an order until time is up, in conversations of some turns; how many turns there were."""
    until, turns = monotonic() + seconds, 0
    while monotonic() < until:
        talk = Talk(begin(serving))
        for _ in range(TURNS_OF_A_TALK):
            talk.say(GROWN.text)
        talk.close()
        turns += TURNS_OF_A_TALK
    return turns


def _sampler(pid: int, file: Path, seconds: int) -> subprocess.Popen[bytes]:
    options = ["--format", "raw", "--rate", str(RATE), "--duration", str(seconds), "--output", str(file)]
    return subprocess.Popen(
        ["py-spy", "record", "--pid", str(pid), *options],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


if __name__ == "__main__":
    app()

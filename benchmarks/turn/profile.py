"""`python -m benchmarks.turn.profile`: where a turn's time goes, by py-spy, condensed into a table.

Samples of both our servers while one conversation asks for an order; a sample counts for the first place of
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
SERVERS = ("assistant", "action server")
# the first that fits counts: what is inside stands before what is around it
PLACES: Mapping[str, tuple[tuple[str, tuple[str, ...]], ...]] = {
    "assistant": (
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
        ("call of an action: its JSON, HTTP", ("(kefu/channels/action_c", "_action_call_format")),
        ("what else Rasa does with an action", ("_run_action",)),
        ("Rasa's graph and processor", ("(rasa/core/processor", "(rasa/core/lock", "(kefu/components/lock")),
        ("inbox, session, kept answer", ("(kefu/channels/", "(kefu/shop/", "(kefu/store/")),
    ),
    "action server": (
        ("the store: statements, rows, commit", ("(kefu/store/",)),
        ("what the action decides and says", ("(kefu/shop/", "(actions/")),
        ("rasa-sdk: tracker out of JSON, answer into it", ("(rasa_sdk/executor", "(rasa_sdk/interfaces",
                                                          "webhook (rasa_sdk/", "rasa_sdk_plugins")),
    ),
}  # fmt: skip
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
    """Profile our servers as the benchmark trained them; the table goes to docs/performance.md."""
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
    """CPU milliseconds of a turn by server and place, largest first, and how many turns were sampled."""
    ensure_shop(serving.settings)
    try:
        first_answer(serving)
        with tempfile.TemporaryDirectory() as scratch:
            files = [Path(scratch) / f"{name}.txt" for name in SERVERS]
            samplers = [_sampler(pid, file, seconds) for pid, file in zip(serving.groups, files, strict=True)]
            before, turns = serving.cpu_seconds(), _talk(serving, seconds)
            spent = serving.cpu_seconds() - before
            for sampler in samplers:
                sampler.wait()
            stacks = dict(zip(SERVERS, (file.read_text() for file in files), strict=True))
    finally:
        serving.stop()
    parts = {name: condensed(text.splitlines(), PLACES[name]) for name, text in stacks.items()}
    each = 1000 * spent / max(1, turns)
    samples = max(1, sum(n for found in parts.values() for _, n in found))
    return {
        "turns": turns,
        "samples": samples,
        "cpu_ms": round(each, 2),
        "parts": {
            name: {place: round(n * each / samples, 2) for place, n in found} for name, found in parts.items()
        },
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
    """The rows of Markdown, with the sum of each server."""
    lines = [table_row(["server", "what", "CPU ms of a turn"]), table_row(["---"] * 3)]
    for server, parts in found["parts"].items():
        lines += [table_row([server, place, f"{spent:.2f}"]) for place, spent in parts.items()]
        lines.append(table_row([server, "together", f"{sum(parts.values()):.2f}"]))
    return lines


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

"""`python -m benchmarks.retrieval`: measure ways to find passages, write the table."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from benchmarks.files import read_json
from benchmarks.retrieval.cases import names
from benchmarks.retrieval.run import Places, measure
from benchmarks.retrieval.systems import SYSTEMS
from benchmarks.retrieval.table import write_block
from kefu.components import wiring
from kefu.errors import ConfigError, KefuError
from kefu.settings import Settings

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def main(
    set_: Annotated[list[str] | None, typer.Option("--set", help=f"{', '.join(names())}; repeat")] = None,
    system: Annotated[list[str] | None, typer.Option(help=f"{', '.join(SYSTEMS)}; repeat")] = None,
    seeds: Annotated[str, typer.Option(help="such as 0,1,2")] = "0",
    table: Annotated[bool, typer.Option("--table", help="write docs/evaluation.md; run nothing")] = False,
) -> None:
    """Measure every system on every set with every seed, one file each."""
    try:
        settings = Settings.load()
        root = settings.root
        places = Places(settings.bench_data, root / "data" / "knowledge", root / "results" / "retrieval")
        if table:
            results = [read_json(file) for file in sorted(places.results.glob("*.json"))]
            write_block(root / "docs" / "evaluation.md", results)
            return
        embed, rewriting = wiring.packaged_embedding()
        for name in _known(set_, names()):
            for seed in seeds.split(","):
                for one in _known(system, SYSTEMS):
                    result = measure(name, int(seed), one, places, embed=embed, rewriting=rewriting)
                    print(f"{name} {seed} {one}: recall@1 {result['figures']['recall_1']:.4f}", flush=True)
    except KefuError as error:
        print(f"error: {error}", file=sys.stderr)
        raise typer.Exit(1) from error


def _known(wanted: list[str] | None, known: list[str] | tuple[str, ...]) -> list[str]:
    unknown = sorted(set(wanted or ()) - set(known))
    if unknown:
        raise ConfigError(f"found {unknown[0]}; there are {', '.join(known)}")
    return [name for name in known if not wanted or name in wanted]


if __name__ == "__main__":
    app()

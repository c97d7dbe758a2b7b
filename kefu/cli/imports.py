"""`kefu import faq`: passages from files into the store, all of them or none."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone, tzinfo
from pathlib import Path
from typing import Any

from kefu.cli import console, imports_report
from kefu.cli.shop import open_store
from kefu.knowledge.conflicts import Finding, findings
from kefu.knowledge.differences import Difference, difference
from kefu.knowledge.drafts import Draft, Reader
from kefu.knowledge.passages import Passage
from kefu.knowledge.readers.files import contents, form_of, read
from kefu.knowledge.readers.rows import Bad, Reading
from kefu.settings import Settings
from kefu.store import Store, Transaction
from kefu.store.base import utc_now
from kefu.store.knowledge_records import Passage as Stored
from kefu.store.policy_file import shop_zone
from kefu.store.records import Clause

MEGABYTE = 1_000_000
_TELL_FROM, _TELL_EVERY = 5_000, 10_000  # rows
Key = tuple[str, str]


@dataclass(frozen=True)
class Options:
    """How an import goes."""

    dry_run: bool = False
    replace: bool = False
    keep_good: bool = False
    as_json: bool = False
    compare: bool = True
    language: str | None = None
    most_bytes: int = 50 * MEGABYTE


@dataclass(frozen=True)
class Plan:
    """What an import comes to: what would change, what cannot be taken, what to look at."""

    change: Difference
    bad: tuple[Bad, ...] = ()
    look: tuple[Finding, ...] = field(default=())


def faq(files: Sequence[Path], options: Options) -> int:
    """Import ``files`` and print what changed; the exit status (1: nothing was imported for bad rows)."""
    readings = [(file.name, _read(file, options.most_bytes)) for file in files]
    with open_store(Settings.load()) as store:
        drafts, bad = drafts_of(readings, reader_of(store, language=options.language))
        refused = bool(bad) and not options.keep_good
        write = not (options.dry_run or refused)
        with store.write() if write else store.read() as tx:
            plan = Plan(_difference(tx, drafts, replace=options.replace), tuple(bad))
            if options.compare:
                plan = with_findings(plan, tx, now=utc_now())
            if write:
                apply(tx, plan.change, origin=None)
                tx.audit.add("operator", "passages_imported", "passages", imports_report.counts(plan))
    imports_report.show(plan, written=write, as_json=options.as_json)
    if refused:
        imports_report.refuse(len(bad))
    return 1 if refused else 0


def check(*, as_json: bool) -> int:
    """Print what is wrong among the passages of the store; 1 where something is."""
    with open_store(Settings.load()) as store, store.read() as tx:
        everything = [passage_of(stored) for stored in tx.passages.each()]
        found = list(findings(everything, [], tx.policy.in_force(utc_now())))
    imports_report.show_findings(found, passages=len(everything), as_json=as_json)
    return 1 if found else 0


def drafts_of(readings: Iterable[tuple[str, Reading]], reader: Reader) -> tuple[list[Draft], list[Bad]]:
    """The drafts of all readings, each with the name of what was read; an id may stand in one of them."""
    drafts: dict[Key, Draft] = {}
    bad: list[Bad] = []
    for name, reading in readings:
        found, wrong = reader.drafts(_told(reading, name), source=name)
        bad += [Bad(f"{name}, {one.place}", one.reason) for one in (*reading.bad, *wrong)]
        for draft in found:
            key = (draft.passage.passage_id, draft.passage.language)
            if key in drafts:
                where = f"{name}, {draft.place}"
                bad.append(Bad(where, f"the passage {key[0]} ({key[1]}) stands in {drafts[key].place} too"))
            else:
                drafts[key] = Draft(draft.passage, f"{name}, {draft.place}", draft.given)
    return list(drafts.values()), bad


def reader_of(store: Store, *, language: str | None = None) -> Reader:
    """What rows are read with in this shop: its policy, its time zone."""
    with store.read() as tx:
        clauses = tx.policy.in_force(utc_now())
    return Reader(utc_now(), clauses, detector(), zone=zone_of(clauses), language=language)


def zone_of(clauses: Mapping[str, Clause]) -> tzinfo:
    """The shop's time zone; UTC where there is no policy yet."""
    known = "hours.1" in clauses
    return shop_zone(list(clauses.values()), file=Path("policy.csv")) if known else timezone.utc


def with_findings(plan: Plan, tx: Transaction, *, now: datetime) -> Plan:
    """The plan with what its new words are at odds with."""
    gone = {(passage.passage_id, passage.language) for passage in plan.change.removed}
    standing = (p for p in map(passage_of, tx.passages.each()) if (p.passage_id, p.language) not in gone)
    new = plan.change.written
    look = tuple(findings(new, standing, tx.policy.in_force(now))) if new else ()
    return Plan(plan.change, plan.bad, look)


def apply(tx: Transaction, change: Difference, *, origin: str | None) -> None:
    """Write what comes and differs, take out what goes."""
    tx.passages.remove((passage.passage_id, passage.language) for passage in change.removed)
    tx.passages.put([Stored(**vars(passage)) for passage in change.written], origin=origin)


def passage_of(stored: Stored) -> Passage:
    """The store's record as the knowledge room's own type."""
    return Passage(**vars(stored))


def _difference(tx: Transaction, drafts: Sequence[Draft], *, replace: bool) -> Difference:
    keys = {(draft.passage.passage_id, draft.passage.language) for draft in drafts}
    standing = {stored.key: passage_of(stored) for stored in tx.passages.by_keys(keys)}
    gone: list[Passage] = []
    if replace:
        owned = tx.passages.owned()
        others = (passage_of(stored) for stored in tx.passages.each() if stored.key not in keys | owned)
        gone = list(others)
    return difference(drafts, standing, gone=gone)


def _read(file: Path, most_bytes: int) -> Reading:
    form = form_of(file.name)
    return read(contents(file, most_bytes=most_bytes), form, name=file.name)


def _told(reading: Reading, name: str) -> Iterable[Any]:
    """The rows; of a long file how far it has come is told on standard error."""
    for number, row in enumerate(reading.rows, 1):
        if len(reading.rows) >= _TELL_FROM and number % _TELL_EVERY == 0:
            console.complain(f"{name}: {number:,} of {len(reading.rows):,} rows read")
        yield row


def detector() -> Callable[[str], str | None]:
    """Finds a text's language; loaded at the first text that needs it."""

    @functools.cache
    def loaded() -> Any:
        from kefu.language.languages import LanguageDetector  # spaCy's words and lingua take seconds

        return LanguageDetector()

    def detect(text: str) -> str | None:
        found: str | None = loaded().detect(text)
        return found

    return detect

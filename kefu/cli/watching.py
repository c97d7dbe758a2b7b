"""`kefu import watch`: folders and pages read again and again, and the store kept like them."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import timedelta

from kefu.cli import console, imports_report
from kefu.cli.imports import Options, Plan, apply, drafts_of, passage_of, reader_of, with_findings
from kefu.cli.shop import open_store
from kefu.cli.watched import Fresh, Source, root_of, sources_of
from kefu.errors import ConfigError, KefuError
from kefu.knowledge.differences import Difference, difference
from kefu.knowledge.drafts import Draft, Reader
from kefu.knowledge.readers.files import read
from kefu.knowledge.readers.rows import Bad
from kefu.knowledge.readers.web import Web
from kefu.settings import Settings
from kefu.store import Store, Transaction
from kefu.store.base import utc_now
from kefu.store.knowledge_records import PassageSource

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
SAME, CHANGED, GONE, UNREADABLE = "same", "changed", "gone", "unreadable"


@dataclass(frozen=True)
class Outcome:
    """What became of one file or page in one round."""

    origin: str
    state: str  # same | changed | gone | unreadable
    plan: Plan = field(default=Plan(Difference()))
    problem: str = ""


def seconds_of(text: str) -> float:
    """The seconds of ``30s``, ``15m``, ``1h`` or ``1d``.

    Raises:
        ConfigError: something else, or nothing of it.
    """
    found = re.fullmatch(r"(\d{1,6})([smhd])", text)
    if not found or int(found.group(1)) == 0:
        raise ConfigError(f"--every: found {text!r}; wanted a time like 30s, 15m, 1h or 1d")
    return timedelta(**{_UNITS[found.group(2)]: int(found.group(1))}).total_seconds()


def watch(
    told: Sequence[str],
    options: Options,
    *,
    web: Web,
    every: float | None,
    sleep: Callable[[float], None] = time.sleep,
) -> int:
    """Read the sources once, or ``every`` so many seconds until somebody stops it; 1 where one failed."""
    roots = [root_of(source) for source in told]
    with open_store(Settings.load()) as store:
        while every is not None:
            try:
                _round(store, roots, options, web)
            except KefuError as error:  # the next round may find the database again
                console.complain(str(error))
            sleep(every)
        return _round(store, roots, options, web)


def _round(store: Store, roots: Sequence[str], options: Options, web: Web) -> int:
    outcomes = []
    for root in roots:
        for outcome in _of_root(store, root, options, web):
            outcomes.append(outcome)
            if not options.as_json:
                _show(outcome, written=not options.dry_run)
    if options.as_json:
        console.say(json.dumps({"written": not options.dry_run, "sources": [_told(o) for o in outcomes]},
                               ensure_ascii=False))  # fmt: skip
    else:
        states = [outcome.state for outcome in outcomes]
        figures = (f"{state} {states.count(state)}" for state in (SAME, CHANGED, GONE, UNREADABLE))
        console.say(f"{len(outcomes)} sources: {', '.join(figures)}")
    return 1 if any(outcome.state == UNREADABLE for outcome in outcomes) else 0


def _of_root(store: Store, root: str, options: Options, web: Web) -> Iterator[Outcome]:
    with store.read() as tx:
        remembered = {known.origin: known for known in tx.passage_sources.of_root(root)}
    try:
        sources = sources_of(root, web)
        if remembered and not sources:
            raise ConfigError(f"{root} holds nothing to read, where it held {len(remembered)} sources")
    except ConfigError as error:
        yield Outcome(root, UNREADABLE, problem=f"{error}; all that it brought stays")
        return
    reader = reader_of(store, language=options.language)
    for source in sources:
        yield _Visit(store, root, source, reader, options).outcome()
    for origin in remembered.keys() - {source.origin for source in sources}:
        yield _vanished(store, origin, options)


@dataclass(frozen=True)
class _Visit:
    """One file or page in one round."""

    store: Store
    root: str
    source: Source
    reader: Reader
    options: Options

    def outcome(self) -> Outcome:
        with self.store.read() as tx:
            known = tx.passage_sources.get(self.source.origin)
        try:
            fresh = self.source.get(known)
            if fresh is None:
                self._remember(replace(known, problem=None, read_at=utc_now()) if known else None)
                return Outcome(self.source.origin, SAME)
            drafts, bad = self._drafts(fresh)
        except ConfigError as error:
            self._remember(self._failed(known, str(error)))
            return Outcome(self.source.origin, UNREADABLE, problem=f"{error}; its passages stay")
        return self._taken(fresh, drafts, bad)

    def _drafts(self, fresh: Fresh) -> tuple[list[Draft], list[Bad]]:
        reading = read(fresh.data, fresh.form, name=self.source.name)
        drafts, bad = drafts_of([(self.source.name, reading)], self.reader)
        if bad and not (self.options.keep_good and drafts):
            first = f"{bad[0].place}: {bad[0].reason}"
            raise ConfigError(f"{len(bad)} bad rows, the first is {first}")
        return drafts, bad

    def _taken(self, fresh: Fresh, drafts: Sequence[Draft], bad: Sequence[Bad]) -> Outcome:
        origin = self.source.origin
        with _transaction(self.store, self.options) as tx:
            keys = [(draft.passage.passage_id, draft.passage.language) for draft in drafts]
            taken = {key: by for key, by in tx.passages.origins(keys).items() if by != origin}
            if taken:
                (one, language), by = next(iter(taken.items()))
                problem = f"the passage {one} ({language}) belongs to {by}"
                known = tx.passage_sources.get(origin)
            else:
                plan = self._plan(tx, drafts, bad)
                if not self.options.dry_run:
                    self._write(tx, plan, fresh)
                return Outcome(origin, CHANGED if plan.change else SAME, plan)
        self._remember(self._failed(known, problem))
        return Outcome(origin, UNREADABLE, problem=f"{problem}; nothing was taken from here")

    def _plan(self, tx: Transaction, drafts: Sequence[Draft], bad: Sequence[Bad]) -> Plan:
        keys = {(draft.passage.passage_id, draft.passage.language) for draft in drafts}
        standing = {stored.key: passage_of(stored) for stored in tx.passages.by_keys(keys)}
        brought = tx.passages.of_origin(self.source.origin)
        gone = [passage_of(stored) for stored in brought if stored.key not in keys]
        plan = Plan(difference(drafts, standing, gone=gone), tuple(bad))
        return with_findings(plan, tx, now=utc_now()) if self.options.compare else plan

    def _write(self, tx: Transaction, plan: Plan, fresh: Fresh) -> None:
        # what is the same is written too: it belongs to this source from now on
        change = replace(plan.change, added=(*plan.change.added, *plan.change.same))
        apply(tx, change, origin=self.source.origin)
        tx.passage_sources.put(
            PassageSource(
                self.source.origin, self.root, fresh.digest, fresh.etag, fresh.last_modified, utc_now()
            )
        )
        if plan.change:
            told = {"source": self.source.origin, **imports_report.counts(plan)}
            tx.audit.add("watch", "passages_imported", "passages", told)

    def _failed(self, known: PassageSource | None, problem: str) -> PassageSource:
        before = known or PassageSource(self.source.origin, self.root, "")
        return replace(before, read_at=utc_now(), problem=problem[:500])

    def _remember(self, now: PassageSource | None) -> None:
        if now is not None and not self.options.dry_run:
            with self.store.write() as tx:
                tx.passage_sources.put(now)


def _vanished(store: Store, origin: str, options: Options) -> Outcome:
    with _transaction(store, options) as tx:
        gone = tuple(passage_of(stored) for stored in tx.passages.of_origin(origin))
        plan = Plan(Difference(removed=gone))
        if not options.dry_run:
            apply(tx, plan.change, origin=None)
            tx.passage_sources.forget([origin])
            told = {"source": origin, **imports_report.counts(plan)}
            tx.audit.add("watch", "passages_imported", "passages", told)
    return Outcome(origin, GONE, plan)


def _transaction(store: Store, options: Options) -> AbstractContextManager[Transaction]:
    return store.read() if options.dry_run else store.write()


def _show(outcome: Outcome, *, written: bool) -> None:
    if outcome.state == UNREADABLE:
        console.complain(f"{outcome.origin}: {outcome.problem}")
    elif outcome.state in (CHANGED, GONE):
        console.say(f"{outcome.origin}: {outcome.state}")
        imports_report.show(outcome.plan, written=written, as_json=False)


def _told(outcome: Outcome) -> dict[str, object]:
    told = {"source": outcome.origin, "state": outcome.state, "problem": outcome.problem}
    return {**told, **imports_report.told(outcome.plan)}

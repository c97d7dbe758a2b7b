"""The one place where actions meet the store, the settings and the knowledge texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from time import monotonic

from actions.knowledge import KefuKnowledgeBase
from kefu.knowledge.generator import Endpoint, Generator
from kefu.knowledge.guard import Guard
from kefu.knowledge.passages import Passage, render
from kefu.knowledge.questions import ENOUGH as ENOUGH
from kefu.knowledge.questions import NEAR as NEAR
from kefu.knowledge.questions import own as own
from kefu.language.spelt import numbers_in_words
from kefu.language.text import simplified as simplified
from kefu.settings import Settings
from kefu.shop.delivery import Delivery
from kefu.shop.identity import CodeRules
from kefu.shop.keys import session_keys
from kefu.shop.mailers import mailer
from kefu.shop.payments import Provider, provider_of
from kefu.shop.records import Refund
from kefu.shop.settlement import settle
from kefu.store import Store, Transaction
from kefu.store.knowledge_records import Passage as StoredPassage
from kefu.store.serving import LazyServing, Serving


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The process's settings, read once, at the first turn."""
    return Settings.load()


@lru_cache(maxsize=1)
def store() -> Store:
    """The process's store for what blocks a thread: work behind a commit, mails; opened at its first use."""
    return Store.open(settings().database_url)


@lru_cache(maxsize=1)
def serving() -> Serving:
    """The process's store for turns, in the event loop; it is opened at the first one."""
    return LazyServing(settings().database_url)


@lru_cache(maxsize=1)
def provider() -> Provider:
    """The process's payment provider, made when the first refund is paid."""
    return provider_of(settings())


@lru_cache(maxsize=1)
def generator() -> Generator | None:
    """The process's generator of answers; None where the settings name none."""
    endpoint = Endpoint.of(settings())
    return Generator(endpoint, Guard(numbers_in_words)) if endpoint is not None else None


def settled(refunds: Sequence[Refund], *, now: datetime, until: float) -> list[Refund]:
    """Have refunds paid, one after the other; with too little time left they wait for the reconciler.

    ``until`` is when the action has to be done, in the seconds of ``time.monotonic``.
    """
    after = []
    for refund in refunds:
        seconds = min(settings().payment_seconds, until - monotonic())
        known = refund if seconds <= 0 else settle(store(), provider(), refund.refund_id, now=now,
                                                   seconds=seconds)  # fmt: skip
        after.append(known)
    return after


def knowledge_base(language: str) -> KefuKnowledgeBase:
    """The catalogue behind rasa-sdk's interface of knowledge bases, with its names in ``language``."""
    return KefuKnowledgeBase(lambda: store().read(), language=language)


def code_rules() -> CodeRules:
    """How one-time codes are made and checked, with the keys as they stand now."""
    known = settings()
    keys = session_keys(known).code_keys()
    return CodeRules(keys, known.code_minutes, known.code_tries, known.codes_per_hour)


def delivery() -> Delivery:
    """The sender of this process's mails; the store is opened when it first looks for one."""
    known = settings()
    return Delivery(store, mailer(known), keep_codes=known.demo)


@dataclass(frozen=True)
class Answer:
    """A passage ready to be said."""

    title: str
    text: str
    clause: str | None
    updated: datetime


def answer_of(tx: Transaction, passage_id: str, language: str, *, now: datetime) -> Answer | None:
    """The passage in ``language`` with the policy's numbers; None where it is gone or not in force."""
    for stored in tx.passages.find([passage_id], language, at=now):
        text = render(as_passage(stored), tx.policy.in_force(now))
        return Answer(stored.title, text, stored.clause, stored.updated)
    return None


def as_passage(stored: StoredPassage) -> Passage:
    """The store's record as the knowledge room's own type."""
    return Passage(**vars(stored))


def titles_of(tx: Transaction, passage_ids: Sequence[str], language: str) -> dict[str, str]:
    """Titles of those passages in ``language`` that are in force now, in the order asked for."""
    return tx.passages.titles(passage_ids, language)

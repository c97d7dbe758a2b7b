"""Where components meet the store, the project's files and the encoder. Nobody else joins them."""

from __future__ import annotations

import functools
import hashlib
import inspect
import logging
import shutil
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from weakref import WeakValueDictionary
from zoneinfo import ZoneInfo

from kefu.components.finding import Passages
from kefu.components.following import Following
from kefu.components.further import FURTHER, read_further
from kefu.components.lines import nlu_lines
from kefu.components.signing import sign_calls
from kefu.errors import ConfigError, ModelError, StoreError
from kefu.knowledge import calibration, kernel, ranking, scorer, views
from kefu.knowledge.bank import Bank
from kefu.knowledge.delta import Changes
from kefu.knowledge.index import Tools
from kefu.knowledge.passages import LANGUAGES, Passage, load
from kefu.knowledge.ranking import Ranker
from kefu.knowledge.shelf import Shelf
from kefu.knowledge.views import Embed
from kefu.language import glosses, rewriting, spelling
from kefu.language.catalogue import Catalogue, Item, shapes
from kefu.language.encoder import Encoder
from kefu.language.examples import Example
from kefu.language.export import META_NAME, export_encoder, place_atomically
from kefu.language.rewriting import Rewriting
from kefu.language.text import split
from kefu.language.weights import PACKAGED
from kefu.settings import Settings
from kefu.store import Store, Transaction, near
from kefu.store.chat_records import Conversation
from kefu.store.knowledge_records import Passage as StoredPassage
from kefu.store.near import NearVectors
from kefu.store.policy_file import read_policy, shop_zone

logger = logging.getLogger(__name__)

POLICY, PASSAGES = "policy.csv", "passages"
SHOP, KNOWLEDGE, NLU = Path("data/shop"), Path("data/knowledge"), Path("data/nlu")


class StoreSource:
    """The store as a source of the catalogue and of passages; opened when first asked.

    Every read gives None where there is no store (yet): the caller keeps what it has.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._store: Store | None = None
        self._complaint = ""

    def catalogue(self) -> Catalogue | None:
        """The names and codes in the store; None without a store or without products."""
        store = self._open()
        if store is None:
            return None
        with store.read() as tx:
            return _catalogue(tx) if tx.products.all() else None

    def counts(self) -> dict[str, int] | None:
        """How many passages there are, by language; None without a store."""
        store = self._open()
        if store is None:
            return None
        with store.read() as tx:
            return _counts(tx)

    def changes(self, since: int) -> Changes | None:
        """What became of passages after ``since``; None without a store, or with a younger one."""
        store = self._open()
        if store is None:
            return None
        with store.read() as tx:
            if tx.counter(PASSAGES) < since:
                return None
            found = tx.passages.changes_since(since)
            upserts = tuple(map(_passage, found.upserts))
            return Changes(found.counter, upserts, found.gone, total=sum(_counts(tx).values()))

    @contextmanager
    def reading(self) -> Iterator[tuple[int, Iterator[Passage]]]:
        """The counter and every passage of one moment; StoreError without a store."""
        store = self._open()
        if store is None:
            raise StoreError("the store is gone; wanted the passages in it")
        with store.read() as tx:
            yield tx.counter(PASSAGES), map(_passage, tx.passages.each())

    def bank(self, encoder: str) -> Bank | None:
        """Where the store keeps vectors of ``encoder``; None where it does not."""
        store = self._open()
        return NearVectors(store, encoder) if store is not None and near.there(store) else None

    @property
    def name(self) -> str:
        """A name for files made of this store: another store's must not be taken for them."""
        return hashlib.sha256(self._url.encode()).hexdigest()[:12]

    def zone(self) -> ZoneInfo | None:
        """The shop's time zone in the store; None without a store or without a policy."""
        store, now = self._open(), datetime.now(timezone.utc)
        if store is None:
            return None
        with store.read() as tx:
            clauses = list(tx.policy.in_force(now).values())
        return shop_zone(clauses, file=Path(POLICY)) if clauses else None

    def counter(self, name: str) -> int | None:
        """The change counter called ``name``; None without a store."""
        store = self._open()
        try:
            return None if store is None else store.change_counter(name)
        except StoreError as error:
            self._complain(error)
            return None

    def _open(self) -> Store | None:
        if self._store is None and self._exists():
            try:
                self._store = Store.open(self._url)
            except StoreError as error:
                self._complain(error)
        return self._store

    def _exists(self) -> bool:
        # opening a SQLite store that was never seeded would only say that it is not there
        path = self._url.removeprefix("sqlite:///")
        return path == self._url or Path(path).is_file()

    def _complain(self, error: StoreError) -> None:
        if str(error) != self._complaint:
            self._complaint = str(error)
            logger.warning("The store cannot be read, the packaged shop is used meanwhile: %s", error)


@functools.cache
def store_source() -> StoreSource:
    """The store of this process's settings."""
    return StoreSource(Settings.load().database_url)


def packaged_catalogue(folder: str = "") -> Catalogue:
    """The catalogue of ``folder``, by default the project's own copy in data/shop."""
    return Catalogue.from_folder(_under_root(folder or SHOP))


def packaged_zone(folder: str = "") -> ZoneInfo:
    """The time zone of the shop in ``folder``, by default the project's own copy in data/shop.

    Raises:
        SeedError: no policy.csv, or one without a zone.
    """
    file = _under_root(folder or SHOP) / POLICY
    return shop_zone(read_policy(file, now=datetime.now(timezone.utc)), file=file)


def packaged_passages(folder: str = "") -> list[Passage]:
    """The passages of ``folder``, by default the project's own in data/knowledge."""
    return load(_under_root(folder or KNOWLEDGE), zone=packaged_zone())


def further_examples(folder: str) -> list[Example]:
    """Texts with their labels of further heads from every CSV file of ``folder``; none for "".

    Raises:
        ConfigError: no such folder, or a file without the columns.
    """
    if not folder:
        return []
    files = sorted(_under_root(folder).glob("*.csv"))
    if not files:
        raise ConfigError(
            f"found no CSV file in {_under_root(folder)}; wanted some with the columns text, "
            f"{', '.join(FURTHER)}, or an empty `further`"
        )
    return [example for file in files for example in read_further(file)]


def example_lines() -> dict[tuple[str, str], str]:
    """Where each intent's text stands in data/nlu ("file, line n"): Rasa does not tell a component."""
    root = Settings.load().root
    files = sorted((root / NLU).rglob("*.yml"))
    return {key: f"{file.relative_to(root)}, line {line}" for file in files for key, line in nlu_lines(file)}


def prepared_encoder(model: str) -> Path:
    """The exported encoder for ``model`` in this machine's cache; the first time this needs torch."""
    return export_encoder(model, cache=_cache())


def installed_encoder(folder: Path, digest: str) -> Path:
    """Put the encoder of a model archive into this machine's cache, where all who need it share it."""
    target = _cache() / digest
    if not (target / META_NAME).is_file():
        place_atomically(target, lambda new: _copy(folder, new))
    return target


def cached_encoder(digest: str, *, threads: int) -> Encoder:
    """The encoder with this digest, loaded once a process; ModelError where the cache lacks it."""
    folder = _cache() / digest
    if not (folder / META_NAME).is_file():
        raise ModelError(f"{folder} is missing: no encoder {digest}. Train again (rasa train).")
    opened, key = _opened(), (folder, threads)
    return opened.get(key) or opened.setdefault(key, Encoder.open(folder, threads=threads))


@functools.cache
def _opened() -> WeakValueDictionary[tuple[Path, int], Encoder]:
    return WeakValueDictionary()  # weak: a model that was promoted away takes its encoder with it


def packaged_embedding() -> tuple[Embed, Rewriting]:
    """What the retrieval of a fresh assistant reads texts with; the first time this needs torch."""
    return Encoder.open(prepared_encoder(PACKAGED)).sentences, text_rewriting()


@functools.cache
def text_rewriting() -> Rewriting:
    """What retrieval has the encoder read instead of a text; the dictionary is loaded once a process."""
    return Rewriting.prepared(Settings.load().home)


def passages(encoder: Encoder, *, folder: str, follow: bool) -> Following:
    """The finder of the store's passages (else of ``folder``'s), which follows the store if wanted."""
    source = store_source()
    tools = Tools(encoder.sentences, encoder.digest, _cut, lambda: datetime.now(timezone.utc))
    making = Passages(
        source=source if follow else StoreSource("sqlite:///"),
        packaged=lambda: packaged_passages(folder),
        fit=lambda found: ranker_of(found, encoder),
        tools=tools,
        shelf=Shelf(Settings.load().home / "knowledge" / source.name),
    )
    following = making.following()
    if follow:
        following.watch(name=PASSAGES)
    return following


def ranker_of(passages: Sequence[Passage], encoder: Encoder) -> Ranker:
    """The ranker of these passages, from this machine's cache where it was fitted before."""
    digest = hashlib.sha256(repr((encoder.digest, _sources(), list(passages))).encode()).hexdigest()[:32]
    file = Settings.load().home / "rankers" / f"{digest}.joblib"
    if file.is_file():
        try:
            return Ranker.load(file, embed=encoder.sentences, rewriting=text_rewriting())
        except ConfigError as error:
            logger.warning("%s; it is fitted anew", error)
    ranker = Ranker.fit(passages, embed=encoder.sentences, rewriting=text_rewriting())
    file.parent.mkdir(parents=True, exist_ok=True)
    ranker.save(file)
    return ranker


def _sources() -> str:
    """The code that fits: another one must not read what this one kept."""
    modules = (calibration, kernel, ranking, scorer, views, glosses, rewriting, spelling)
    return "".join(inspect.getsource(module) for module in modules)


def _cache() -> Path:
    return Settings.load().home / "encoders"


def _under_root(folder: str | Path) -> Path:
    return Settings.load().root / folder


def _cut(text: str) -> list[str]:
    return [piece.text for piece in split(text)]


def _counts(tx: Transaction) -> dict[str, int]:
    counts = {language: tx.passages.count(language) for language in LANGUAGES}
    return {language: count for language, count in counts.items() if count}


def _passage(stored: StoredPassage) -> Passage:
    return Passage(**vars(stored))


def _copy(source: Path, target: Path) -> None:
    for file in source.iterdir():
        shutil.copyfile(file, target / file.name)


def _catalogue(tx: Transaction) -> Catalogue:
    numbers = tx.orders.numbers(most=1_000)
    return Catalogue(
        items=tuple(
            Item(p.product_id, p.kind, p.name_en, p.name_zh, tuple(v.name for v in p.variants))
            for p in tx.products.all()
        ),
        coupons=tuple(coupon.code for coupon in tx.coupons.all()),
        orders=shapes(order for order, _ in numbers),
        tracking=shapes(tracking for _, tracking in numbers),
    )


class ConversationRecords:
    """The store as the tracker store sees it; opened when first asked, and again after a failure.

    Every method may block and raises StoreError where the database does not answer.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._opened: Store | None = None
        self._opening = threading.Lock()

    def load(self, conversation_id: str) -> Conversation | None:
        """A conversation from its checkpoint on; raises ConversationLost where a save is missing."""
        with self._store().read() as tx:
            return tx.conversations.get(conversation_id)

    def load_full(self, conversation_id: str) -> Conversation | None:
        """A conversation with all its saves and without checkpoint; raises ConversationLost as ``load``."""
        with self._store().read() as tx:
            return tx.conversations.full(conversation_id)

    def head(self, conversation_id: str) -> tuple[int, int]:
        """How often the conversation has begun anew, and its last save's number (0: nothing was said)."""
        with self._store().read() as tx:
            return tx.conversations.head(conversation_id)

    def ids(self) -> list[str]:
        """Whose conversations there are."""
        with self._store().read() as tx:
            return tx.conversations.ids()

    def append(self, conversation_id: str, events: str, *, generation: int, after: int, fence: int) -> None:
        """Add a save; see ``kefu.store.trackers`` for what is refused."""
        with self._store().write() as tx:
            tx.conversations.append(conversation_id, events, generation=generation, after=after, fence=fence)

    def fold(self, conversation_id: str, checkpoint: str, *, generation: int, upto: int) -> None:
        """Put a checkpoint in the place of old saves."""
        with self._store().write() as tx:
            tx.conversations.fold(conversation_id, checkpoint, generation=generation, upto=upto)

    def unfold(self, conversation_id: str) -> None:
        """Forget a damaged checkpoint."""
        with self._store().write() as tx:
            tx.conversations.unfold(conversation_id)

    def quarantine(self, conversation_id: str, reason: str, *, generation: int) -> None:
        """Set a damaged conversation aside."""
        with self._store().write() as tx:
            tx.conversations.quarantine(conversation_id, reason, generation=generation)

    def raise_fence(self, conversation_id: str, fence: int) -> None:
        """Refuse the saves of locks given out earlier."""
        with self._store().write() as tx:
            tx.conversations.raise_fence(conversation_id, fence)

    def check(self) -> None:
        """Read something, however little."""
        self._store().change_counter("catalogue")

    def close(self) -> None:
        """Close the store, if it was ever opened."""
        with self._opening:
            if self._opened is not None:
                self._opened.close()
                self._opened = None

    def _store(self) -> Store:
        with self._opening:
            if self._opened is None:
                # the answer, which is kept behind a turn's events, takes them to the disk; a message without
                # one is answered again
                self._opened = Store.open(self._url, migrate=True, hurried=True)
            return self._opened


def conversation_records(url: str | None) -> ConversationRecords:
    """The conversations at ``url``, or where the settings keep everything."""
    return ConversationRecords(url or Settings.load().database_url)


def sign_action_calls() -> None:
    """Let the calls of actions of this process carry the settings' secret."""
    sign_calls(Settings.load().action_secret)

"""What every finder of passages promises, whatever it is made of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from kefu.errors import ConfigError
from kefu.knowledge.building import build, with_vectors
from kefu.knowledge.delta import Changes
from kefu.knowledge.finder import Finder
from kefu.knowledge.index import LargeIndex, Tools
from kefu.knowledge.passages import Passage
from kefu.knowledge.ranking import Ranker
from kefu.knowledge.recent import Recent
from kefu.language.text import split
from kefu.store import Store
from kefu.store.knowledge_records import Passage as StoredPassage
from kefu.store.near import NearVectors
from tests.support.databases import PostgresDatabases
from tests.unit.knowledge.fakes import fake_embed, passage

NOW = datetime(2026, 11, 22, tzinfo=timezone.utc)
DAY = timedelta(days=1)
THINGS = (
    "parcel", "refund", "invoice", "coupon", "password", "warranty", "course", "kindle", "privacy", "phone",
    "keyboard", "lamp", "bottle", "backpack", "monitor", "charger", "tripod", "webcam", "router", "kettle",
    "blender", "toaster", "scale", "tent", "pillow", "umbrella", "wallet", "suitcase",
)  # fmt: skip
SAYINGS = (
    "how does the {} thing work", "tell me about {}", "{} please", "i have a question on {}",
    "is there a rule for {}", "my {} is strange", "what about the {}", "need help with {}",
)  # fmt: skip


def passages() -> list[Passage]:
    """A passage a thing, in both languages."""
    return [
        passage(
            thing,
            language,
            title=thing,
            questions=tuple(saying.format(thing) for saying in SAYINGS),
            answer=f"All about the {thing}.",
            clause=None,
        )
        for language in ("en", "zh")
        for thing in THINGS
    ]


TOOLS = Tools(fake_embed, "fake", lambda text: [p.text for p in split(text)], lambda: NOW)


def ranker(found: Sequence[Passage], folder: Path) -> Finder:
    return Ranker.fit(found, embed=fake_embed)


def saved_ranker(found: Sequence[Passage], folder: Path) -> Finder:
    Ranker.fit(found, embed=fake_embed).save(folder / "ranker")
    return Ranker.load(folder / "ranker", embed=fake_embed)


def recent(found: Sequence[Passage], folder: Path) -> Recent:
    known = {(one.passage_id, one.language): one for one in found}
    return Recent(ranker(found, folder), embed=fake_embed, now=lambda: NOW, passages=known)


def index(found: Sequence[Passage], folder: Path) -> LargeIndex:
    build(folder / "index", with_vectors(found, fake_embed), tools=TOOLS, counter=1)
    return LargeIndex.open(folder / "index", tools=TOOLS)


class Banked:
    """A large index whose vectors are in PostgreSQL."""

    def __init__(self, databases: PostgresDatabases) -> None:
        self._databases = databases

    def __call__(self, found: Sequence[Passage], folder: Path) -> LargeIndex:
        store = Store.open(self._databases.empty(), migrate=True)
        with store.write() as tx:
            tx.passages.replace_all([StoredPassage(**vars(one)) for one in found])
        tools = replace(TOOLS, bank=NearVectors(store, TOOLS.encoder))
        build(folder / "banked", with_vectors(found, fake_embed, bank=tools.bank), tools=tools, counter=1)
        return LargeIndex.open(folder / "banked", tools=tools)


@dataclass(frozen=True)
class Kind:
    """A finder of all passages, and how another one of the kind is made."""

    finder: Finder
    make: Callable[[Sequence[Passage], Path], Finder]


MAKES: dict[str, Callable[[Sequence[Passage], Path], Finder]] = {
    "ranker": ranker, "recent": recent, "index": index,
}  # fmt: skip


def _maker(name: str, request: pytest.FixtureRequest) -> Callable[[Sequence[Passage], Path], Finder]:
    return MAKES[name] if name in MAKES else Banked(request.getfixturevalue("postgres_databases"))


@pytest.fixture(scope="module", params=[*MAKES, "banked"])
def kind(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Kind:
    make = _maker(request.param, request)
    return Kind(make(passages(), tmp_path_factory.mktemp("finder")), make)


@pytest.fixture(scope="module", params=["recent", "index", "banked"])
def changing(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Recent | LargeIndex:
    """A finder that takes changes."""
    made = _maker(request.param, request)(passages(), tmp_path_factory.mktemp("finder"))
    assert isinstance(made, (Recent, LargeIndex))
    return made


def ids(finder: Finder, text: str, language: str = "en", k: int = 3) -> list[str]:
    return [hit.passage_id for hit in finder.search(text, language, k=k)]


def upsert(*found: Passage) -> Changes:
    return Changes(2, found, ())


def gone(*keys: tuple[str, str]) -> Changes:
    return Changes(2, (), keys)


@pytest.mark.parametrize("text", ["", "   ", "?!", "\u200b"])
def test_a_text_without_words_finds_nothing(kind: Kind, text: str) -> None:
    assert kind.finder.search(text, "en") == []


@pytest.mark.parametrize(
    "text", ["refund " * 286, "x" * 2_000, "<b>refund</b>" * 150, "退" * 2_000, "\ud800 a"]
)
def test_long_and_odd_texts_are_searched_like_any_other(kind: Kind, text: str) -> None:
    hits = kind.finder.search(text[:2_000], "en")
    assert len(hits) == 3
    assert all(0.0 <= hit.score <= 1.0 for hit in hits)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_question_variant_finds_its_passage(kind: Kind, language: str) -> None:
    found = [ids(kind.finder, SAYINGS[5].format(thing), language)[0] for thing in THINGS]
    assert found == list(THINGS)


def test_the_first_score_is_a_probability_and_the_others_fall(kind: Kind) -> None:
    for thing in THINGS[:8]:
        scores = [hit.score for hit in kind.finder.search(f"tell me about {thing}", "en", k=8)]
        assert scores == sorted(scores, reverse=True)
        assert 0.5 < scores[0] <= 1.0
        assert scores[-1] >= 0.0


@pytest.mark.parametrize("k", [1, 2, 5])
def test_k_passages_are_given_each_once(kind: Kind, k: int) -> None:
    found = ids(kind.finder, "i have a question on refund", k=k)
    assert len(found) == len(set(found)) == k


def test_fewer_are_given_where_there_are_fewer(kind: Kind, tmp_path: Path) -> None:
    some = kind.make([one for one in passages() if one.passage_id in THINGS[:9]], tmp_path)
    assert len(ids(some, "need help with refund", k=50)) == 9


def test_nonsense_has_a_low_probability(kind: Kind) -> None:
    for text in ("bake bread tomorrow", "qwzx vbnm", "colourless green ideas sleep furiously"):
        assert kind.finder.search(text, "en")[0].score < 0.3


def test_an_unknown_language_names_the_known_ones(kind: Kind) -> None:
    assert kind.finder.languages == ("en", "zh")
    with pytest.raises(ConfigError, match=r"'fr'.*en, zh"):
        kind.finder.search("la facture", "fr")


def test_a_vector_at_hand_gives_the_same_answer(kind: Kind) -> None:
    text = "what about the kettle"
    given = kind.finder.search(text, "en", vector=lambda: fake_embed([text])[0])
    assert given == kind.finder.search(text, "en")


def test_searching_from_threads_answers_as_from_one(kind: Kind) -> None:
    texts = [saying.format(thing) for saying in SAYINGS[:3] for thing in THINGS[:12]]
    alone = [kind.finder.search(text, "en") for text in texts]
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(lambda text: kind.finder.search(text, "en"), texts * 3)) == alone * 3


def test_what_is_kept_answers_the_same(tmp_path: Path) -> None:
    (tmp_path / "again").mkdir()
    built = index(passages(), tmp_path)
    for old, new in (
        (ranker(passages(), tmp_path), saved_ranker(passages(), tmp_path)),
        (built, LargeIndex.open(built.folder, tools=TOOLS)),
    ):
        for thing in THINGS:
            assert old.search(f"my {thing}", "en") == new.search(f"my {thing}", "en")


def test_what_is_deleted_is_gone(changing: Recent | LargeIndex) -> None:
    without = changing.with_changes(gone(("refund", "en"), ("kettle", "en")))
    assert "refund" not in ids(without, "tell me about refund", k=20)
    assert ids(without, "tell me about refund", "zh")[0] == "refund"
    assert ids(changing, "tell me about refund")[0] == "refund", "the old one was changed"
    assert without.count == changing.count - 2


def test_what_is_added_is_found_and_what_is_changed_is_found_as_it_is(changing: Recent | LargeIndex) -> None:
    new = passage("zeppelin", title="zeppelin", questions=("may i fly the zeppelin", "zeppelin rides"))
    moved = replace(passages()[1], title="airship", questions=("where is the airship", "airship harbour"))
    more = changing.with_changes(upsert(new, moved))
    assert ids(more, "may i fly the zeppelin")[0] == "zeppelin"
    assert more.search("may i fly the zeppelin", "en")[0].score > 0.5
    assert ids(more, "where is the airship")[0] == moved.passage_id
    assert ids(more, f"tell me about {THINGS[1]}")[0] != moved.passage_id
    assert more.count == changing.count + 1
    assert "zeppelin" not in ids(more.with_changes(gone(("zeppelin", "en"))), "may i fly the zeppelin", k=20)
    back = more.with_changes(gone(("zeppelin", "en"))).with_changes(upsert(new))
    assert ids(back, "zeppelin rides")[0] == "zeppelin"


def test_passages_that_are_not_in_force_are_not_found(tmp_path: Path) -> None:
    over = [replace(one, valid_to=NOW) if one.passage_id == "refund" else one for one in passages()]
    early = [replace(one, valid_from=NOW + DAY) if one.passage_id == "lamp" else one for one in over]
    fits = [
        replace(one, valid_from=NOW, valid_to=NOW + DAY) if one.passage_id == "tent" else one for one in early
    ]
    for number, make in enumerate((recent, index)):
        (tmp_path / str(number)).mkdir()
        finder = make(fits, tmp_path / str(number))
        assert "refund" not in ids(finder, "tell me about refund", k=20)
        assert "lamp" not in ids(finder, "tell me about lamp", k=20)
        assert ids(finder, "tell me about tent")[0] == "tent"
        late = finder.with_changes(upsert(replace(passages()[2], valid_from=NOW + DAY)))
        assert THINGS[2] not in ids(late, f"tell me about {THINGS[2]}", k=20)

"""Chinese words in English, one by one, for an encoder that reads English alone."""

import json

import pytest

from kefu.errors import ModelError
from kefu.language import glosses
from kefu.language.glosses import Glosses
from kefu.language.rewriting import Rewriting

WORDS = {"退款": "refund", "到": "arrive", "订单": "order", "耳": "ear", "机": "machine"}


@pytest.fixture
def some() -> Glosses:
    return Glosses(WORDS)


@pytest.mark.parametrize(
    ("text", "english"),
    [
        ("退款到", "refund arrive"),
        ("退款多久到？", "refund how long arrive ?"),
        ("訂單 KF10000001 退款", "order kf10000001 refund"),  # traditional, folded
        ("耳机", "ear machine"),  # no word of its own: its parts
        ("囧", "囧"),
        ("where is my ORDER", "where is my ORDER"),  # nothing to put into English: as it is
        ("", ""),
    ],
)
def test_each_word_has_its_gloss(some: Glosses, text: str, english: str) -> None:
    assert some.english(text) == english


def test_particles_fall_away(some: Glosses) -> None:
    assert some.english("退款了吗") == "refund"


def test_a_meaning_is_plain_and_short() -> None:
    told = ["surname Dan", "CL:張|张[zhang1]", "to place (an order)", "order"]
    assert glosses._meaning(told) == "place"
    assert glosses._meaning(["see 訂單|订单[ding4 dan1]"]) == ""


def test_the_dictionary_is_read_once(tmp_path, monkeypatch) -> None:
    calls = []

    def dictionary() -> list[tuple[str, str]]:
        calls.append("read")
        return list(WORDS.items())

    monkeypatch.setattr(glosses, "_dictionary", dictionary)
    first, second = Glosses.prepared(tmp_path / "new"), Glosses.prepared(tmp_path / "new")
    assert first.english("退款") == second.english("退款") == "refund"
    assert calls == ["read"]
    assert [file.suffix for file in (tmp_path / "new").iterdir()] == [".json"]


def test_a_cut_file_is_named(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(glosses, "_dictionary", WORDS.items)
    Glosses.prepared(tmp_path)
    (file,) = tmp_path.iterdir()
    file.write_text(json.dumps(WORDS)[:-5], encoding="utf-8")
    with pytest.raises(ModelError, match=f"{file.name} holds no glosses"):
        Glosses.prepared(tmp_path)


def test_each_language_is_rewritten_its_way(some: Glosses) -> None:
    rewriting = Rewriting(some)
    assert rewriting("en", ["where is my parcel"])("Wehre's my pacel, 退款?") == "Where's my parcel, 退款?"
    assert rewriting("zh", ["退款"])("退款") == "refund"
    assert rewriting("de", ["wo ist mein paket"])("wo ist mien paket") == "wo ist mien paket"

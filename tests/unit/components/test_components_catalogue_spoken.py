"""The catalogue's entities however they are typed, scanned or read aloud, by the component that serves."""

from __future__ import annotations

import shutil
import subprocess
import sys
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rasa.shared.nlu.training_data.message import Message

from kefu.components.catalogue import SpacyCatalogExtractor
from tests.support.graph import Workshop

ROOT = Path(__file__).parents[3]
HAN_DIGITS = "零一二三四五六七八九"
# What an eye or a scanner takes for another: the letter that may stand for each digit.
SCANNED = {"0": "OoQ", "1": "Il|", "2": "Zz", "5": "Ss", "8": "B"}


@pytest.fixture(scope="module")
def extractor(tmp_path_factory: pytest.TempPathFactory) -> SpacyCatalogExtractor:
    """The component as a model holds it, trained on data/shop; no store."""
    shop = Workshop(tmp_path_factory.mktemp("storage"))
    trained: SpacyCatalogExtractor = shop.trained(SpacyCatalogExtractor, [], follow_store=False)
    return trained


def entities(extractor: SpacyCatalogExtractor, text: str) -> list[dict[str, Any]]:
    (message,) = extractor.process([Message({"text": text})])
    found: list[dict[str, Any]] = message.get("entities")
    return found


def heard(extractor: SpacyCatalogExtractor, text: str) -> list[tuple[str, str, str]]:
    """Entity, value, and the words that it stands on."""
    return [(e["entity"], e["value"], text[e["start"] : e["end"]]) for e in entities(extractor, text)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("kf 1000 0002", "kf 1000 0002"),
        ("where is k f 1 0 0 0 0 0 0 2?", "k f 1 0 0 0 0 0 0 2"),
        ("my number is k.f. 10000002", "k.f. 10000002"),
        ("Kf-10-00-00-02, please", "Kf-10-00-00-02"),
        ("ref:KF#10000002", "KF#10000002"),
        ("ＫＦ１００００００２到哪了", "ＫＦ１００００００２"),
        ("KF1OOOOOO2", "KF1OOOOOO2"),
        ("KFl000O0o2", "KFl000O0o2"),
        ("it says KFI000000Z on the label", "KFI000000Z"),
        ("kf1000 oo o2", "kf1000 oo o2"),
        ("kf一零零零零零零二", "kf一零零零零零零二"),
        ("K F 幺 零 零 零 零 零 零 二", "K F 幺 零 零 零 零 零 零 二"),
        ("订单號KF一〇〇〇〇〇〇二到哪裡了", "KF一〇〇〇〇〇〇二"),
        ("订单 10000002", "10000002"),
        ("order number 1000-0002", "1000-0002"),
        ("k f one zero zero zero zero zero zero two", "k f one zero zero zero zero zero zero two"),
        ("KF one oh oh oh oh oh oh two please", "KF one oh oh oh oh oh oh two"),
        ("it is kf one triple zero triple zero two", "kf one triple zero triple zero two"),
        ("KF壹零零零零零零贰", "KF壹零零零零零零贰"),
        ("订单一零零零零零零二", "一零零零零零零二"),
    ],
)
def test_an_order_number_however_it_is_given(extractor: SpacyCatalogExtractor, text: str, words: str) -> None:
    assert heard(extractor, text) == [("order_number", "KF10000002", words)]


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(10_000_000, 99_999_999), st.sampled_from(["", " ", "-", ".", " - "]), st.data())
def test_any_order_number_grouped_anyhow(
    extractor: SpacyCatalogExtractor, number: int, gap: str, data: st.DataObject
) -> None:
    digits, at = str(number), data.draw(st.sampled_from([2, 4, 6]))
    gap = gap.strip() or gap[:1]
    written = (
        data.draw(st.sampled_from(["KF", "kf", "Kf", "K F", "ＫＦ"])) + gap + digits[:at] + gap + digits[at:]
    )
    assert heard(extractor, f"where is {written}?") == [("order_number", f"KF{number}", written)]


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(10_000_000, 99_999_999), st.data())
def test_any_order_number_scanned_badly(
    extractor: SpacyCatalogExtractor, number: int, data: st.DataObject
) -> None:
    """Two digits that were read as such are enough to tell it from a word."""
    digits = list(str(number))
    kept = set(data.draw(st.permutations(range(8)))[:2])
    for place, digit in enumerate(digits):
        if place not in kept and digit in SCANNED:
            digits[place] = data.draw(st.sampled_from(SCANNED[digit]))
    (found,) = heard(extractor, "KF" + "".join(digits))
    assert found[:2] == ("order_number", f"KF{number}")


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(10_000_000, 99_999_999), st.sampled_from(["", " "]))
def test_any_order_number_read_aloud_in_chinese(
    extractor: SpacyCatalogExtractor, number: int, gap: str
) -> None:
    said = "kf" + gap + gap.join(HAN_DIGITS[int(digit)] for digit in str(number))
    assert heard(extractor, f"订单{said}到哪了") == [("order_number", f"KF{number}", said)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            "write to Alice.B+c@ex-ample.co.uk.",
            ("email", "alice.b+c@ex-ample.co.uk", "Alice.B+c@ex-ample.co.uk"),
        ),
        ("邮箱是ALICE@example.com，谢谢", ("email", "alice@example.com", "ALICE@example.com")),
        ("call +1 (202) 555-0101", ("phone", "+12025550101", "+1 (202) 555-0101")),
        ("202.555.0101", ("phone", "2025550101", "202.555.0101")),
        ("我的電話是13800000003", ("phone", "13800000003", "13800000003")),
        ("+86 138 0000 0003", ("phone", "+8613800000003", "+86 138 0000 0003")),
        ("138 0000 0003", ("phone", "13800000003", "138 0000 0003")),
        ("0044 20 7946 0958", ("phone", "00442079460958", "0044 20 7946 0958")),
        ("手机一三八零零零零零零零三", ("phone", "13800000003", "一三八零零零零零零零三")),
        ("打我电话 021-55554444", ("phone", "02155554444", "021-55554444")),
        ("i paid $1,299.50", ("amount", "1299.50", "$1,299.50")),
        ("79 dollars were taken", ("amount", "79", "79 dollars")),
        ("USD 45.50", ("amount", "45.50", "USD 45.50")),
        ("扣了我２００元", ("amount", "200", "２００元")),
        ("多收了¥88.8", ("amount", "88.8", "¥88.8")),
        ("300塊以內的耳麦", ("amount", "300", "300塊")),
    ],
)
def test_addresses_phones_and_amounts_in_both_languages(
    extractor: SpacyCatalogExtractor, text: str, found: tuple[str, str, str]
) -> None:
    assert found in heard(extractor, text)
    kinds = [one[0] for one in heard(extractor, text)]
    assert kinds.count(found[0]) == 1
    assert "order_number" not in kinds


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("2026-05-03", [("date", "2026-05-03", "2026-05-03")]),
        ("on 3 May", [("date", "--05-03", "3 May")]),
        ("May 3rd, 2026", [("date", "2026-05-03", "May 3rd, 2026")]),
        ("3/5/2026", [("date", "2026-05-03", "3/5/2026")]),
        ("5月3日", [("date", "--05-03", "5月3日")]),
        ("2026年5月3号", [("date", "2026-05-03", "2026年5月3号")]),
        ("五月三号", [("date", "--05-03", "五月三号")]),
        ("call me on 2026-11-22 10 am", [("date", "2026-11-22", "2026-11-22")]),
        ("about 22/11/2026", [("date", "2026-11-22", "22/11/2026")]),
        (
            "KF10000002, 22 Nov, $79",
            [
                ("order_number", "KF10000002", "KF10000002"),
                ("date", "--11-22", "22 Nov"),
                ("amount", "79", "$79"),
            ],
        ),
        ("call +44 2026-11-22 33", [("phone", "+442026112233", "+44 2026-11-22 33")]),
        ("kf2026-1122", [("order_number", "KF20261122", "kf2026-1122")]),
        ("手机13811222026", [("phone", "13811222026", "13811222026")]),
    ],
)
def test_dates_beside_other_numbers(
    extractor: SpacyCatalogExtractor, text: str, found: list[tuple[str, str, str]]
) -> None:
    assert heard(extractor, text) == found


@pytest.mark.parametrize(
    ("text", "product"),
    [
        ("Aurora Wireless Earbuds", "P101"),
        ("the Wireles Earbud", "P101"),
        ("ear buds", "P101"),
        ("極光無線耳機", "P101"),
        ("ｋｅｙｂｏａｒｄ，mechanical", "P104"),
        ("quil mecanical keybord", "P104"),
        ("羽毛機械鍵盤", "P104"),
        ("python for data analysys", "P201"),
        ("the quiet negociator", "P301"),
        ("安静谈判者", "P301"),
    ],
)
def test_products_by_alias_and_misspelt(extractor: SpacyCatalogExtractor, text: str, product: str) -> None:
    named = [e for e in entities(extractor, text) if e["entity"] == "product"]
    assert product in [one for e in named for one in e["product_ids"]]
    assert all(0 <= e["start"] < e["end"] <= len(text) for e in named)


@pytest.mark.parametrize(
    "text",
    [
        "kf", "kfc is nearby", "k f", "KFBOSSES", "of the 1000 I ordered 2", "within 30 days",
        "10 percent off", "一二三四五", "i have two", "call me", "@ work", "mail me at home", "version 1.2.3",
    ],
)  # fmt: skip
def test_what_only_looks_like_one_is_none(extractor: SpacyCatalogExtractor, text: str) -> None:
    assert heard(extractor, text) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("twenty dollars", [("amount", "20", "twenty dollars")]),
        (
            "I paid two hundred and five euros fifty.",
            [("amount", "205.50", "two hundred and five euros fifty")],
        ),
        ("five dollars and fifty cents", [("amount", "5.50", "five dollars and fifty cents")]),
        ("that is Twenty-One bucks or 30 dollars",
         [("amount", "21", "Twenty-One bucks"), ("amount", "30", "30 dollars")]),
        ("a hundred pounds for it", [("amount", "100", "a hundred pounds")]),
        ("two hundred euros fifty times", [("amount", "200", "two hundred euros")]),
        ("ninety-nine cents", [("amount", "0.99", "ninety-nine cents")]),
        ("两百块", [("amount", "200", "两百块")]),
        ("一百五十元", [("amount", "150", "一百五十元")]),
        ("我付了一百二十八元五。", [("amount", "128.5", "一百二十八元五")]),
        ("三块二毛五", [("amount", "3.25", "三块二毛五")]),
        ("三點五元", [("amount", "3.5", "三點五元")]),
        ("三块钱", [("amount", "3", "三块钱")]),
        ("壹佰元", [("amount", "100", "壹佰元")]),
        ("三千五", [("amount", "3500", "三千五")]),
        ("预算一百五", [("amount", "150", "一百五")]),
        ("两百以内的", [("amount", "200", "两百")]),
        ("一万零五十元", [("amount", "10050", "一万零五十元")]),
    ],
)  # fmt: skip
def test_sums_in_words(
    extractor: SpacyCatalogExtractor, text: str, found: list[tuple[str, str, str]]
) -> None:
    assert heard(extractor, text) == found


@pytest.mark.parametrize(
    "text",
    [
        "one please", "one more", "the second one", "two of them", "give me one or two",
        "I have five hundred", "twenty percent", "hundreds", "five six dollars", "no pounding",
        "a dollarstore", "thousand",
        "三点", "三点见", "下午三点五分", "我要两块", "一块退了吧", "两块手表", "你这个二百五", "一千零一夜",
        "十万八千里", "三千五百个", "不超过三十天", "第三百块", "两百", "万一丢了", "一二八元",
    ],
)  # fmt: skip
def test_what_is_no_sum(extractor: SpacyCatalogExtractor, text: str) -> None:
    assert "amount" not in [entity for entity, _, _ in heard(extractor, text)]


@pytest.mark.parametrize(
    ("text", "address", "words"),
    [
        ("alice at example dot com", "alice@example.com", "alice at example dot com"),
        ("it is john dot smith at gmail dot com thanks", "john.smith@gmail.com",
         "john dot smith at gmail dot com"),
        ("contact John.Smith at Gmail dot COM", "john.smith@gmail.com", "John.Smith at Gmail dot COM"),
        ("my email: bob dash x at mail dot example dot co dot uk.", "bob-x@mail.example.co.uk",
         "bob dash x at mail dot example dot co dot uk"),
        ("zhang 下划线 san 艾特 qq 点 com", "zhang_san@qq.com", "zhang 下划线 san 艾特 qq 点 com"),
        ("我的邮箱是zhang3艾特163点com", "zhang3@163.com", "zhang3艾特163点com"),
        ("郵箱zhang點san圈a qq點com點cn", "zhang.san@qq.com.cn", "zhang點san圈a qq點com點cn"),
    ],
)  # fmt: skip
def test_an_address_that_is_spoken(
    extractor: SpacyCatalogExtractor, text: str, address: str, words: str
) -> None:
    assert heard(extractor, text) == [("email", address, words)]


@pytest.mark.parametrize(
    "text",
    [
        "look at example dot com", "I bought it at amazon dot com", "is it cheaper at amazon dot com",
        "I saw it at a shop dot com", "meet me at ten", "call me at home dot", "connect the dot at once",
        "三点在qq上说", "at dot com", "shop at example dot shop", "下午3点 com",
    ],
)  # fmt: skip
def test_what_is_no_spoken_address(extractor: SpacyCatalogExtractor, text: str) -> None:
    assert "email" not in [entity for entity, _, _ in heard(extractor, text)]


@pytest.mark.parametrize("text", ["黄金会员", "我要買黃金會員", "黄金会员的好处"])
def test_a_name_that_is_one_word_of_the_dictionary(extractor: SpacyCatalogExtractor, text: str) -> None:
    assert [(entity, value) for entity, value, _ in heard(extractor, text)] == [("product", "P402")]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("where is it, I ordered yesterday", [("date", "2026-11-21", "yesterday")]),
        ("tomorrow", [("date", "2026-11-23", "tomorrow")]),
        ("last Tuesday", [("date", "2026-11-17", "last Tuesday")]),
        ("昨天", [("date", "2026-11-21", "昨天")]),
        ("下周三", [("date", "2026-11-25", "下周三")]),
        ("the first of May", [("date", "--05-01", "first of May")]),
    ],
)
def test_dates_that_need_a_clock(tmp_path: Path, text: str, found: list[tuple[str, str, str]]) -> None:
    trained: SpacyCatalogExtractor = Workshop(tmp_path).trained(SpacyCatalogExtractor, [], follow_store=False)
    trained.now = lambda: datetime(2026, 11, 22, 9, tzinfo=timezone.utc)
    assert heard(trained, text) == found


def test_a_day_is_the_shops(extractor: SpacyCatalogExtractor, monkeypatch: pytest.MonkeyPatch) -> None:
    """In Shanghai the 23rd begins at 16:00 of the 22nd, UTC."""
    for hour, day in ((15, "2026-11-22"), (16, "2026-11-23")):
        at = datetime(2026, 11, 22, hour, tzinfo=timezone.utc)
        monkeypatch.setattr(extractor, "now", lambda at=at: at)
        assert heard(extractor, "today") == [("date", day, "today")]


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(alphabet="kKfFＫ１0O一零二 -.:#订单耳機keyboard@$.,年月日3\ud800\x00\u200b👍", max_size=60))
def test_entities_of_any_text_stay_inside_it_and_apart(extractor: SpacyCatalogExtractor, text: str) -> None:
    found = entities(extractor, text)
    assert all(0 <= e["start"] < e["end"] <= len(text) for e in found)
    assert all(a["end"] <= b["start"] for a, b in zip(found, found[1:], strict=False))
    assert all(e["extractor"] == "SpacyCatalogExtractor" and e["value"] for e in found)


@pytest.mark.parametrize("text", ["", " ", "👍" * 500, "x" * 2_000, "1" * 2_000, "kf " * 600, "\ud800\x00"])
def test_odd_texts_are_no_trouble(extractor: SpacyCatalogExtractor, text: str) -> None:
    assert heard(extractor, text) == []


def test_its_fingerprint_knows_every_table_that_it_learns(tmp_path: Path) -> None:
    own = str(shutil.copytree(ROOT / "data" / "shop", tmp_path / "shop"))
    before = SpacyCatalogExtractor.fingerprint_addon({"shop": own})
    assert before == SpacyCatalogExtractor.fingerprint_addon({}), "a copy of the shop is the same shop"
    for table, old, new in (("products", "Quill", "Quilled"), ("coupons", "WELCOME10", "WELCOME11")):
        file = tmp_path / "shop" / f"{table}.csv"
        file.write_text(file.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
        after = SpacyCatalogExtractor.fingerprint_addon({"shop": own})
        assert after != before, table
        before = after


def test_spacy_finds_names_though_torch_stays_out() -> None:
    """thinc imports torch wherever it is installed, and it is: 420 MB and two seconds for nothing."""
    program = """
import importlib.util, sys
from pathlib import Path
from kefu.language.catalogue import Catalogue
from kefu.language.entities import CatalogueMatcher
from kefu.language.lexicon import Lexicon
from kefu.language.weights import packaged_vocabulary
matcher = CatalogueMatcher(Catalogue.from_folder(Path("data/shop")), Lexicon.read(packaged_vocabulary()))
(found,) = matcher.find("the quill mecanical keybord")
installed = importlib.util.find_spec("torch") is not None
print(found.value, "spacy" in sys.modules, "torch" in sys.modules, installed)
"""
    shown = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert shown.stdout.split() == ["P104", "True", "False", "True"], (
        "torch can be imported later, and was not"
    )

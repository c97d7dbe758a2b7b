"""Past chats become proposals for a person, without personal data."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kefu.knowledge.dialogs import exchanges, messages, proposals
from kefu.knowledge.masking import masked
from kefu.knowledge.readers.rows import Row
from tests.unit.knowledge.test_conflicts import passage

CHATS = """1|customer|Hi|1
1|agent|Hello, how can I help?|2
1|customer|Do you repair bikes in the store?|3
1|agent|Yes, every day from 9 to 12.|4
1|agent|No appointment is needed.|5
2|user|do you repair bikes in your store|1
2|support|Yes, every day from 9 to 12. No appointment is needed.|2
3|客户|你们店里修自行车吗？|1
3|客服|修的，每天九点到十二点，不用预约，直接来。|2
4|customer|My order KF10000042 is late, write to ann@example.com|1
4|agent|Order KF10000042 leaves today, Ann; call +44 20 7946 0958.|2
5|customer|may i return shoes that i wore|1
5|agent|No, worn shoes cannot go back.|2
6|customer|ok|1
6|agent|You are welcome, have a nice day!|2"""


def said(text: str) -> list[Row]:
    names = ("Conversation", "from", "text", "at")
    lines = [dict(zip(names, line.split("|"), strict=True)) for line in text.split("\n")]
    return [Row(f"line {number}", cells) for number, cells in enumerate(lines, 2)]


def proposed(*standing):
    found, bad = messages(said(CHATS))
    assert bad == []
    pairs = exchanges(found, detect=lambda text: "zh" if "吗" in text else "en")
    return proposals(pairs, standing)


def test_what_was_asked_twice_comes_first_with_its_variants():
    first, *others = proposed()
    assert (first.seen, first.questions) == (
        2, ("Do you repair bikes in the store?", "do you repair bikes in your store"))  # fmt: skip
    assert first.answer == "Yes, every day from 9 to 12.\nNo appointment is needed."
    assert [(one.language, one.seen) for one in others] == [("zh", 1), ("en", 1), ("en", 1)]
    assert not any("welcome" in one.answer for one in others)  # "ok" asks nothing


def test_personal_data_is_gone_and_the_reviewer_is_told():
    late = next(one for one in proposed() if "late" in one.questions[0])
    assert late.questions[0] == "My order [order] is late, write to [email]"
    assert late.answer == "Order [order] leaves today, Ann; call [phone]."
    assert "personal data was taken out" in late.cells()["note"]


def test_a_question_like_that_of_a_passage_becomes_its_variant():
    worn = passage("worn", "Can I return shoes I wore?", "No.", clause=None)
    cells = next(one for one in proposed(worn) if one.passage == worn).cells()
    assert (cells["id"], cells["answer"]) == ("worn", "No.")
    assert cells["questions"] == "Can I return shoes I wore?\nmay i return shoes that i wore"
    known = replace(worn, questions=("May I return shoes that I wore",))
    assert not any("shoes" in one.questions[0] for one in proposed(known))


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("7|customer||1", "found no text"),
        ("|agent|x|1", "found no conversation"),
        ("7|robot|x|1", "found 'robot'"),
    ],
)
def test_a_bad_row_is_named(row, reason):
    _, (bad,) = messages(said(row))
    assert reason in bad.reason and bad.place == "line 2"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("card 4111-1111-1111-1111.", "card [card]."),
        ("4111 1111 1111 1112", "[number]"),
        ("tel. (020) 7946-0958", "tel. [phone]"),
        ("打 13800138000", "打 [phone]"),
        ("SF1234567890 and RF-9F3A61C2D0", "[order] and [order]"),
        ("within 30 days for USD 1,500.00 on 2026-11-22", "within 30 days for USD 1,500.00 on 2026-11-22"),
        ("9:00 to 21:00, 3 to 5 days, IPX4, USB3", "9:00 to 21:00, 3 to 5 days, IPX4, USB3"),
        ("a.b+c@mail.example.co.uk", "[email]"),
    ],
)
def test_masking(text, wanted):
    assert masked(text) == wanted

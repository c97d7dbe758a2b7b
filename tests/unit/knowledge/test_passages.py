"""Passages are read from Markdown, refused with their line, and filled from the policy."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone

import pytest

from kefu.errors import ConfigError
from kefu.knowledge.passages import load, parse, placeholders, render, validate
from tests.unit.knowledge.fakes import passage

GOOD = """\
# return-window
category: returns
clause: return.1
updated: 2026-11-22

## en
title: How long you can return something
- how many days
- return window?

You can send goods back
within {return.1:days} days.

Name the product and I will check.

## zh
title: 退货期限
- 几天内可以退货
- 退货期限

签收后 {return.1:days} 天内
可以退货。
"""


@dataclass
class FakeClause:
    params: dict = field(default_factory=dict)


def test_a_file_gives_a_record_a_language():
    english, chinese = parse(GOOD, source="returns.md")
    assert (english.passage_id, english.language, english.category) == ("return-window", "en", "returns")
    assert (english.clause, english.source, english.updated.date().isoformat()) == (
        "return.1",
        "returns.md",
        "2026-11-22",
    )
    assert english.questions == ("how many days", "return window?")
    assert english.answer == (
        "You can send goods back within {return.1:days} days.\nName the product and I will check."
    )
    assert chinese.title == "退货期限"
    assert chinese.answer == "签收后 {return.1:days} 天内可以退货。"


def test_a_passage_need_not_follow_from_a_clause():
    assert parse(GOOD.replace("clause: return.1\n", ""), source="x.md")[0].clause is None


def test_a_passage_is_in_force_from_the_first_day_to_the_end_of_the_last():
    keys = "updated: 2026-11-22\nvalid_from: 2026-12-01\nvalid_to: 2026-12-31"
    zone = timezone(timedelta(hours=8))
    told = parse(GOOD.replace("updated: 2026-11-22", keys), source="x.md", zone=zone)[1]
    first, end = datetime(2026, 12, 1, tzinfo=zone), datetime(2027, 1, 1, tzinfo=zone)
    second = timedelta(seconds=1)
    assert [told.in_force(moment) for moment in (first - second, first, end - second, end)] == [
        False, True, True, False]  # fmt: skip
    always = parse(GOOD, source="x.md")[0]
    assert always.in_force(first) and (always.valid_from, always.valid_to) == (None, None)


def test_several_passages_stand_in_one_file():
    two = GOOD + "\n" + GOOD.replace("# return-window", "# another-one")
    assert [p.passage_id for p in parse(two, source="x.md")] == ["return-window"] * 2 + ["another-one"] * 2


@pytest.mark.parametrize(
    ("old", "new", "line", "wanted"),
    [
        ("# return-window", "# Return window", 1, "passage id"),
        ("# return-window", "return-window", 1, "`# passage-id` heading"),
        ("category: returns\n", "", 1, "`category: …` line"),
        ("category: returns", "colour: red", 2, "key: value"),
        ("category: returns", "category:", 2, "key: value"),
        ("updated: 2026-11-22", "updated: 2026-02-30", 4, "YYYY-MM-DD"),
        ("updated: 2026-11-22", "updated: 2026-11-22\nvalid_from: soon", 5, "`valid_from: YYYY-MM-DD`"),
        (
            "updated: 2026-11-22",
            "updated: 2026-11-22\nvalid_from: 2027-01-02\nvalid_to: 2027-01-01",
            6,
            "before",
        ),
        ("## zh", "## fr", 1, "`## en` and one `## zh`"),
        ("title: 退货期限\n", "", 17, "`title: …`"),
        ("- return window?\n", "", 6, "at least 2"),
        ("- return window?", "- how many days", 9, "not listed twice"),
        ("within {return.1:days} days.", "- within {return.1:days} days.", 12, "questions above the answer"),
        ("签收后 {return.1:days} 天内\n可以退货。\n", "", 16, "an answer"),
    ],
)
def test_a_mistake_names_file_line_and_what_was_wanted(old, new, line, wanted):
    assert old in GOOD
    with pytest.raises(ConfigError) as caught:
        parse(GOOD.replace(old, new), source="returns.md")
    assert str(caught.value).startswith(f"returns.md:{line}: found ")
    assert wanted in str(caught.value)


def test_a_folder_is_read_file_by_file(tmp_path):
    (tmp_path / "b.md").write_text(GOOD, encoding="utf-8")
    (tmp_path / "a.md").write_text(GOOD.replace("return-window", "first"), encoding="utf-8-sig")
    english = load(tmp_path)[::2]
    assert [(p.passage_id, p.source) for p in english] == [("first", "a.md"), ("return-window", "b.md")]


def test_an_id_stands_only_once(tmp_path):
    (tmp_path / "a.md").write_text(GOOD, encoding="utf-8")
    (tmp_path / "b.md").write_text(GOOD, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"return-window stands in a\.md and again in b\.md"):
        load(tmp_path)


def test_a_folder_without_passages_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="no passages in"):
        load(tmp_path / "nowhere")


def test_a_file_in_another_encoding_is_refused(tmp_path):
    (tmp_path / "a.md").write_bytes(GOOD.encode("gb18030"))
    with pytest.raises(ConfigError, match="not UTF-8"):
        load(tmp_path)


def test_an_answer_is_filled_from_the_clauses():
    clauses = {"return.1": FakeClause({"days": "14"})}
    assert render(passage(), clauses) == "Within 14 days."
    assert render(passage(), {"return.1": FakeClause({"days": "1"})}) == "Within 1 day."


@pytest.mark.parametrize(
    ("clauses", "message"),
    [
        ({}, "needs the clause return.1"),
        ({"return.1": FakeClause({"weeks": "2"})}, "clause return.1 has no days; it has: weeks"),
    ],
)
def test_what_the_policy_does_not_hold_is_named(clauses, message):
    for check in (lambda: render(passage(), clauses), lambda: validate([passage()], clauses)):
        with pytest.raises(ConfigError, match="passage return-window") as caught:
            check()
        assert message in str(caught.value)


def test_a_header_may_only_name_a_clause_of_the_policy():
    with pytest.raises(ConfigError, match="needs the clause gone.9"):
        validate([passage(clause="gone.9", answer="Yes.")], {"return.1": FakeClause()})


@pytest.mark.parametrize("inside", ["days", "return.1:", ":days", ""])
def test_braces_hold_a_clause_and_a_parameter(inside):
    with pytest.raises(ConfigError, match="wanted {clause:param}"):
        placeholders(passage(answer=f"Within {{{inside}}} days."))

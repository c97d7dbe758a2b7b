"""One-time codes: six digits, ten minutes, five tries, once, and only so many in an hour."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from kefu.shop.identity import Identity, check_code, identify, may_see, send_code, visible_orders
from kefu.store.records import Clause
from tests.support.codes import RULES, guest, other_than, sent_code
from tests.support.demo_shop import NOW, DemoShop

MARIA = "maria@example.com"


@pytest.fixture
def session(shop: DemoShop) -> str:
    return guest(shop.store, now=NOW)


def code_of_maria(shop: DemoShop, session_id: str) -> str:
    return sent_code(shop.store, session_id, "KF10000029", MARIA, now=NOW)


def ask(shop: DemoShop, session_id: str, number: str = "KF10000029", **after: float) -> bool:
    with shop.write() as tx:
        return send_code(tx, session_id, number, now=NOW + timedelta(**after), rules=RULES)


def check(shop: DemoShop, session_id: str, code: str, **after: float) -> bool:
    with shop.write() as tx:
        return check_code(tx, session_id, code, now=NOW + timedelta(**after), rules=RULES)


def test_a_guest_proves_one_order_for_as_long_as_the_clause_says(shop: DemoShop, session: str) -> None:
    code = sent_code(shop.store, session, " kf10000029", MARIA, now=NOW)
    assert check(shop, session, code)
    assert not check(shop, session, code)  # once
    with shop.read() as tx:
        known = identify(tx, session, now=NOW + timedelta(minutes=29))
        assert known == Identity(session, verified_order="KF10000029")
        assert [order.order_number for order in visible_orders(tx, known)] == ["KF10000029"]
        assert may_see(tx, known, "KF10000016") is None  # the same owner, but not proved
        assert identify(tx, session, now=NOW + timedelta(minutes=30)).verified_order is None


def test_how_long_is_the_policys_to_say(shop: DemoShop, session: str) -> None:
    code = code_of_maria(shop, session)
    with shop.write() as tx:
        clauses = list(tx.policy.in_force(NOW).values())
        shorter = [replace(c, params={"minutes": "7"}) if c.clause == "privacy.1" else c for c in clauses]
        assert isinstance(shorter[0], Clause)
        tx.policy.replace_all(shorter)
    assert check(shop, session, code)
    with shop.read() as tx:
        assert identify(tx, session, now=NOW + timedelta(minutes=6, seconds=59)).verified_order
        assert identify(tx, session, now=NOW + timedelta(minutes=7)).verified_order is None


def test_a_code_is_six_digits_in_the_owners_language_and_stored_only_as_a_hash(
    shop: DemoShop, session: str
) -> None:
    code = sent_code(shop.store, session, "KF10000013", "xiaoming@example.com", now=NOW)
    with shop.read() as tx:
        row, mail = tx.codes.latest(session), tx.outbox.of("xiaoming@example.com")[0]
    assert row is not None and code not in row.code_hash
    assert len(code) == 6 and code.isdecimal()
    assert "验证码" in mail.subject and code in mail.body
    assert mail.expires_at == NOW + timedelta(minutes=10)
    code_of_maria(shop, session)
    with shop.read() as tx:
        assert tx.outbox.of(MARIA)[0].subject == "Your code for order KF10000029"


def test_the_rows_alone_prove_nothing(shop: DemoShop, session: str) -> None:
    code = code_of_maria(shop, session)
    other_key = replace(RULES, keys=(b"another key",))
    with shop.write() as tx:
        assert not check_code(tx, session, code, now=NOW, rules=other_key)
        both = replace(RULES, keys=(b"a newer key", *RULES.keys))  # the key was rotated in between
        assert check_code(tx, session, code, now=NOW, rules=both)


def test_a_hash_copied_to_another_session_proves_nothing_there(shop: DemoShop, session: str) -> None:
    code, thief = code_of_maria(shop, session), guest(shop.store, "thief", now=NOW)
    with shop.write() as tx:
        row = tx.codes.latest(session)
        assert row is not None
        tx.codes.add(thief, row.order_number, row.code_hash, row.expires_at, now=NOW)
    assert not check(shop, thief, code)
    assert check(shop, session, code)


@pytest.mark.parametrize("form", ["{} ", "{:.3} {:.0}", "full", "arabic", "dashes", "spread"])
def test_digits_are_digits_however_they_are_written(shop: DemoShop, session: str, form: str) -> None:
    code = code_of_maria(shop, session)
    written = {
        "{} ": f"\t{code} \u3000",
        "{:.3} {:.0}": f"{code[:3]} {code[3:]}",
        "full": code.translate({ord("0") + n: 0xFF10 + n for n in range(10)}),
        "arabic": code.translate({ord("0") + n: 0x0660 + n for n in range(10)}),
        "dashes": f"{code[:2]}-{code[2:4]}–{code[4:]}",
        "spread": "\u200b".join(code),
    }[form]
    assert check(shop, session, written)


@pytest.mark.parametrize(
    "wrong", ["", "12345", "1234567", "12345a", "①②③④⑤⑥⑦", "²²²²²²x", "\x00" * 6, "9" * 10_000]
)
def test_what_has_not_six_digits_is_no_guess(shop: DemoShop, session: str, wrong: str) -> None:
    code_of_maria(shop, session)
    assert not check(shop, session, wrong)
    with shop.read() as tx:
        row = tx.codes.latest(session)
    assert row is not None and row.tries == 0


def test_a_code_dies_after_five_wrong_ones(shop: DemoShop, session: str) -> None:
    code = code_of_maria(shop, session)
    for _ in range(5):
        assert not check(shop, session, other_than(code))
    assert not check(shop, session, code)
    with shop.read() as tx:
        row = tx.codes.latest(session)
    assert row is not None and row.tries == 5


def test_a_right_code_is_right_at_the_fifth_try(shop: DemoShop, session: str) -> None:
    code = code_of_maria(shop, session)
    for _ in range(4):
        assert not check(shop, session, other_than(code))
    assert check(shop, session, code)


def test_a_code_dies_with_time(shop: DemoShop, session: str) -> None:
    code = code_of_maria(shop, session)
    assert not check(shop, session, code, minutes=10)
    assert check(shop, session, code, minutes=9, seconds=59)


def test_a_code_belongs_to_its_session(shop: DemoShop, session: str) -> None:
    code = code_of_maria(shop, session)
    assert not check(shop, guest(shop.store, "another", now=NOW), code)


def test_a_later_code_makes_the_earlier_one_void(shop: DemoShop, session: str) -> None:
    first, second = code_of_maria(shop, session), code_of_maria(shop, session)
    assert first == second or not check(shop, session, first)
    assert check(shop, session, second)


def test_verification_ends_when_another_order_is_proved(shop: DemoShop, session: str) -> None:
    for number, email in (("KF10000029", MARIA), ("KF10000007", "bob@example.com")):
        assert check(shop, session, sent_code(shop.store, session, number, email, now=NOW))
    with shop.read() as tx:
        assert identify(tx, session, now=NOW) == Identity(session, verified_order="KF10000007")


@pytest.mark.parametrize("number", ["KF10000029", "KF99999999"])
def test_a_session_may_ask_for_so_many_codes_in_an_hour(shop: DemoShop, session: str, number: str) -> None:
    assert [ask(shop, session, number) for _ in range(14)] == [True] * 12 + [False] * 2
    with shop.read() as tx:
        mails, row = tx.outbox.of(MARIA), tx.codes.latest(session)
    assert len(mails) == (12 if number == "KF10000029" else 0)
    assert row is not None and not row.used
    assert not ask(shop, session, number, minutes=59)
    assert ask(shop, session, number, minutes=60)


def test_the_last_code_stays_good_where_no_other_is_sent(shop: DemoShop, session: str) -> None:
    for _ in range(13):
        ask(shop, session)
    with shop.read() as tx:
        code = tx.outbox.last_code(MARIA)
    assert code is not None and check(shop, session, code)


def test_other_sessions_do_not_lift_the_limit_of_an_order(shop: DemoShop) -> None:
    said = [ask(shop, guest(shop.store, f"s{n}", now=NOW)) for n in range(14)]
    assert said == [True] * 12 + [False] * 2
    assert ask(shop, "s0", "KF10000007")


@pytest.mark.parametrize("number", ["", "\x00" * 9, "KF1\ud80029", "K" * 100_000, "ＫＦ１００００００７"])
def test_numbers_that_are_none_are_kept_short_and_plain(shop: DemoShop, session: str, number: str) -> None:
    assert ask(shop, session, number)
    with shop.read() as tx:
        row, mails = tx.sessions.get(session), tx.outbox.newest(5)
    assert row is not None and row.pending_order is not None and row.pending_order.isprintable()
    assert len(row.pending_order) <= 64 and mails == []

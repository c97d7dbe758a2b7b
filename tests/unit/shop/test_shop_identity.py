"""Who speaks and what they see: sessions, tokens, one-time codes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import jwt
import pytest

from kefu.errors import TokenError
from kefu.shop.identity import (
    Identity,
    check_code,
    customer_token,
    identify,
    may_see,
    open_session,
    read_customer_token,
    read_session_token,
    send_code,
    session_token,
    visible_orders,
)
from tests.support.demo_shop import NOW, DemoShop

SECRET = "a-secret-that-is-long-enough-for-hs256"
OTHER = "another-secret-that-is-long-enough-too"


def guest(shop: DemoShop) -> str:
    with shop.write() as tx:
        return open_session(tx, customer_id=None, language=None, now=NOW, hours=1).session_id


def test_a_customer_sees_their_own_orders_newest_first(shop: DemoShop) -> None:
    alice = Identity("s", customer_id="C1001")
    with shop.read() as tx:
        numbers = [order.order_number for order in visible_orders(tx, alice)]
        assert may_see(tx, alice, " kf10000001 ") is not None
    assert numbers == [f"KF1000000{n}" for n in (1, 5, 6, 2, 3, 4)]


@pytest.mark.parametrize("number", ["KF10000007", "KF99999999", "", "KF10000007' OR '1'='1"])
def test_not_yours_and_not_there_look_the_same(shop: DemoShop, number: str) -> None:
    with shop.read() as tx:
        assert may_see(tx, Identity("s", customer_id="C1001"), number) is None
        assert may_see(tx, Identity("s"), number) is None
        assert visible_orders(tx, Identity("s")) == []


def test_a_session_knows_its_customer_until_it_expires(shop: DemoShop) -> None:
    with shop.write() as tx:
        session = open_session(tx, customer_id="C1001", language="en", now=NOW, hours=2)
    with shop.read() as tx:
        assert identify(tx, session.session_id, now=NOW) == Identity(session.session_id, "C1001")
        late = identify(tx, session.session_id, now=NOW + timedelta(hours=2))
        assert late.guest
        assert identify(tx, "nobody", now=NOW) == Identity("nobody")


def test_a_session_is_not_opened_for_a_customer_who_is_not_there(shop: DemoShop) -> None:
    with shop.write() as tx, pytest.raises(TokenError, match="C9999"):
        open_session(tx, customer_id="C9999", language=None, now=NOW, hours=1)


def test_a_customer_token_is_read_with_either_secret_while_one_is_changed() -> None:
    token = customer_token("C1001", secret=SECRET, now=NOW, minutes=5)
    assert read_customer_token(token, secrets=[OTHER, SECRET], now=NOW) == "C1001"


def forged(**claims: object) -> str:
    return jwt.encode({"sub": "C1001", "exp": int(NOW.timestamp()) + 60, **claims}, SECRET, algorithm="HS256")


@pytest.mark.parametrize(
    ("token", "why"),
    [
        ("", "malformed"),
        ("a.b.c", "malformed"),
        (customer_token("C1001", secret=OTHER, now=NOW, minutes=5), "wrong signature"),
        (customer_token("C1001", secret=SECRET, now=NOW, minutes=0), "expired"),
        (forged(exp=None), "malformed|never expires"),
        (forged(sub=None), "without a customer|malformed"),
        (forged(aud="kefu-session"), "another purpose"),
        (jwt.encode({"sub": "C1001", "exp": 9999999999}, None, algorithm="none"), "malformed"),
        (jwt.encode({"sub": "C1001", "exp": 9999999999}, SECRET, algorithm="HS512"), "malformed"),
    ],
)
def test_bad_customer_tokens_are_refused(token: str, why: str) -> None:
    with pytest.raises(TokenError, match=why):
        read_customer_token(token, secrets=[SECRET], now=NOW)


def test_a_session_token_is_no_customer_token_and_the_other_way_round(shop: DemoShop) -> None:
    with shop.write() as tx:
        session = open_session(tx, customer_id="C1001", language=None, now=NOW, hours=1)
    token = session_token(session, secret=SECRET)
    assert read_session_token(token, secret=SECRET, now=NOW) == session.session_id
    with pytest.raises(TokenError):
        read_customer_token(token, secrets=[SECRET], now=NOW)
    with pytest.raises(TokenError):
        read_session_token(customer_token("C1001", secret=SECRET, now=NOW, minutes=5), secret=SECRET, now=NOW)
    with pytest.raises(TokenError, match="expired"):
        read_session_token(token, secret=SECRET, now=NOW + timedelta(hours=1))


def sent_code(shop: DemoShop, session_id: str, number: str, email: str) -> str:
    with shop.write() as tx:
        send_code(tx, session_id, number, now=NOW)
    with shop.read() as tx:
        code = tx.outbox.last_code(email)
    assert code is not None
    return code


def test_a_guest_proves_one_order_for_as_long_as_the_clause_says(shop: DemoShop) -> None:
    session_id = guest(shop)
    code = sent_code(shop, session_id, "kf10000029", "maria@example.com")
    with shop.write() as tx:
        assert check_code(tx, session_id, f" {code} ", now=NOW)
        assert not check_code(tx, session_id, code, now=NOW)  # once
        known = identify(tx, session_id, now=NOW + timedelta(minutes=29))
        assert known == Identity(session_id, verified_order="KF10000029")
        assert [order.order_number for order in visible_orders(tx, known)] == ["KF10000029"]
        assert may_see(tx, known, "KF10000016") is None  # the same owner, but not proved
        assert identify(tx, session_id, now=NOW + timedelta(minutes=30)).verified_order is None


def test_a_code_is_six_digits_in_the_owners_language_and_stored_only_as_a_hash(shop: DemoShop) -> None:
    session_id = guest(shop)
    code = sent_code(shop, session_id, "KF10000013", "xiaoming@example.com")
    with shop.read() as tx:
        row, mail = tx.codes.latest(session_id), tx.outbox.of("xiaoming@example.com")[0]
    assert row is not None and code not in row.code_hash
    assert len(code) == 6 and code.isdecimal()
    assert "验证码" in mail.subject and code in mail.body


def test_an_order_that_is_not_there_gets_the_same_steps_and_no_mail(shop: DemoShop) -> None:
    session_id = guest(shop)
    with shop.write() as tx:
        send_code(tx, session_id, "KF99999999", now=NOW)
        row, session = tx.codes.latest(session_id), tx.sessions.get(session_id)
        assert row is not None and session is not None and session.pending_order == "KF99999999"
        assert not check_code(tx, session_id, "000000", now=NOW)


def test_a_code_dies_after_five_wrong_ones_and_with_time(shop: DemoShop) -> None:
    session_id = guest(shop)
    code = sent_code(shop, session_id, "KF10000029", "maria@example.com")
    wrong = "000000" if code != "000000" else "111111"
    with shop.write() as tx:
        assert not check_code(tx, session_id, code, now=NOW + timedelta(minutes=10))
        for _ in range(5):
            assert not check_code(tx, session_id, wrong, now=NOW)
        assert not check_code(tx, session_id, code, now=NOW)


def test_a_code_belongs_to_its_session(shop: DemoShop) -> None:
    mine, theirs = guest(shop), guest(shop)
    code = sent_code(shop, mine, "KF10000029", "maria@example.com")
    with shop.write() as tx:
        assert not check_code(tx, theirs, code, now=NOW)


def test_a_later_code_replaces_the_earlier_one(shop: DemoShop) -> None:
    session_id = guest(shop)
    first = sent_code(shop, session_id, "KF10000029", "maria@example.com")
    second = sent_code(shop, session_id, "KF10000029", "maria@example.com")
    with shop.write() as tx:
        assert first == second or not check_code(tx, session_id, first, now=NOW)
        assert check_code(tx, session_id, second, now=NOW)


def test_verification_ends_when_another_order_is_proved(shop: DemoShop) -> None:
    session_id = guest(shop)
    for number, email in (("KF10000029", "maria@example.com"), ("KF10000007", "bob@example.com")):
        code = sent_code(shop, session_id, number, email)
        with shop.write() as tx:
            assert check_code(tx, session_id, code, now=NOW)
    with shop.read() as tx:
        assert identify(tx, session_id, now=NOW) == replace(Identity(session_id), verified_order="KF10000007")

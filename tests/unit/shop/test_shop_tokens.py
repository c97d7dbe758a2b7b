"""Signed tokens: one key signs, all verify, and whatever is wrong with a token is one kind of error."""

from __future__ import annotations

import base64
import json
from datetime import datetime, timedelta, timezone
from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kefu.errors import TokenError
from kefu.shop.identity import customer_token, read_customer_token, read_session_token, session_token
from kefu.shop.keys import Keyring, TokenRules
from kefu.store.chat_records import Session

NOW = datetime(2026, 11, 18, 4, 0, tzinfo=timezone.utc)
AT = int(NOW.timestamp())
OLD, NEW, SINGLE = ("o" * 32, "n" * 32, "a-secret-that-is-long-enough-for-hs256")
KEYS = Keyring({"new": NEW, "old": OLD}, SINGLE)
CLAIMS = {"sub": "C1001", "exp": AT + 60}


def forged(secret: str = NEW, *, kid: Any = "new", alg: str = "HS256", **claims: Any) -> str:
    headers = {"kid": kid} if kid is not None else None
    return jwt.encode({**CLAIMS, **claims}, secret, algorithm=alg, headers=headers)


def hand_made(header: Any, payload: Any, signature: str = "AAAA") -> str:
    """A token that no library would write."""
    parts = [part if isinstance(part, bytes) else json.dumps(part).encode() for part in (header, payload)]
    return ".".join([*(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts), signature])


def signed(header: dict[str, Any], payload: bytes, secret: str = NEW) -> str:
    """Any bytes as a payload, rightly signed."""
    return jwt.api_jws.PyJWS().encode(payload, secret, algorithm="HS256", headers=header)


def read(token: Any, *, keys: Keyring = KEYS, now: datetime = NOW, **rules: Any) -> str:
    return read_customer_token(token, keys=keys, now=now, rules=TokenRules(**rules))


def test_the_first_key_signs_and_says_which_it_is() -> None:
    token = customer_token("C1001", keys=KEYS, now=NOW, minutes=5)
    assert jwt.get_unverified_header(token)["kid"] == "new"
    assert read(token) == "C1001"
    assert "kid" not in jwt.get_unverified_header(
        customer_token("C1001", keys=Keyring(single=SINGLE), now=NOW, minutes=5)
    )


def test_an_older_key_verifies_until_it_is_gone() -> None:
    before = customer_token("C1001", keys=Keyring({"old": OLD}), now=NOW, minutes=5)
    assert read(before) == "C1001"
    with pytest.raises(TokenError, match="no known key"):
        read(before, keys=Keyring({"new": NEW}))


def test_a_token_without_a_key_id_is_checked_against_the_single_secret_alone() -> None:
    assert read(forged(SINGLE, kid=None)) == "C1001"
    with pytest.raises(TokenError, match="wrong signature"):
        read(forged(NEW, kid=None))
    with pytest.raises(TokenError, match="no known key"):
        read(forged(SINGLE, kid=None), keys=Keyring({"new": NEW}))


def test_keys_stay_out_of_repr() -> None:
    assert not [secret for secret in (OLD, NEW, SINGLE) if secret in repr(KEYS)]


@pytest.mark.parametrize(
    ("token", "why"),
    [
        ("", "malformed"),
        ("a.b.c", "malformed"),
        (None, "malformed"),
        (b"a.b.c", "malformed"),
        (forged() + "=", "malformed"),
        (forged() + "\n", "malformed"),
        (forged().replace(".", ". ", 1), "malformed"),
        (forged(note="x" * 5000), "malformed"),
        (signed({"kid": "new"}, b"[" * 2900), "malformed"),
        (hand_made(b"[" * 3000, CLAIMS), "malformed"),
        (hand_made([], CLAIMS), "malformed"),
        (hand_made({"alg": "none"}, CLAIMS, ""), "malformed"),
        (hand_made({"alg": "none"}, CLAIMS), "another algorithm"),
        (hand_made({"alg": "nOnE", "kid": "new"}, CLAIMS), "another algorithm"),
        (hand_made({"alg": ["HS256"], "kid": "new"}, CLAIMS), "another algorithm|malformed"),
        (forged(alg="HS512"), "another algorithm"),
        (forged(alg="HS384"), "another algorithm"),
        (forged(kid="unheard-of"), "no known key"),
        (hand_made({"alg": "HS256", "kid": 7}, CLAIMS), "no known key|malformed"),
        (hand_made({"alg": "HS256", "kid": ["new"]}, CLAIMS), "no known key|malformed"),
        (hand_made({"alg": "HS256", "kid": "new", "crit": ["b64"], "b64": False}, CLAIMS), "crit|malformed"),
        (forged(OLD), "wrong signature"),
        (forged(OLD, kid="new"), "wrong signature"),
        (signed({"kid": "new"}, b"[]"), "malformed"),
        (signed({"kid": "new"}, b"\xff\xfe"), "malformed"),
        (signed({"kid": "new"}, b'{"exp": %d}' % (AT + 60)), "without a customer"),
        (signed({"kid": "new"}, b'{"sub": "C1001"}'), "never expires"),
        (signed({"kid": "new"}, b'{"sub": "C1001", "exp": NaN}'), "exp is no time"),
        (signed({"kid": "new"}, b'{"sub": "C1001", "exp": Infinity}'), "exp is no time"),
        (signed({"kid": "new"}, b'{"sub": "C1001", "exp": 1' + b"0" * 400 + b"}"), "exp is no time"),
        (forged(exp=None), "exp is no time"),
        (forged(exp=True), "exp is no time"),
        (forged(exp=str(AT + 60)), "exp is no time|malformed"),
        (forged(exp=AT), "expired"),
        (forged(exp=-1), "expired"),
        (forged(nbf=AT + 1), "future"),
        (forged(iat=AT + 1), "future"),
        (forged(iat="yesterday"), "iat is no time"),
        (signed({"kid": "new"}, json.dumps({**CLAIMS, "sub": 1001}).encode()), "without a customer"),
        (signed({"kid": "new"}, json.dumps({**CLAIMS, "sub": ["C1001"]}).encode()), "without a customer"),
        (forged(sub=""), "without a customer"),
        (forged(sub="C1001\x00"), "without a customer"),
        (forged(sub="C" * 201), "without a customer"),
        (forged(aud="kefu-session"), "another purpose"),
    ],
    ids=lambda value: str(value)[-40:],
)  # fmt: skip
def test_bad_customer_tokens_are_refused(token: Any, why: str) -> None:
    with pytest.raises(TokenError, match=why):
        read(token)


@pytest.mark.parametrize("claims", [{"exp": AT - 4}, {"nbf": AT + 5}, {"iat": AT + 5}])
def test_clocks_may_differ_by_the_leeway(claims: dict[str, int]) -> None:
    assert read(forged(**claims), leeway=5) == "C1001"
    with pytest.raises(TokenError):
        read(forged(**claims), leeway=3)


def test_audience_and_issuer_are_asked_for_where_they_are_set() -> None:
    rules = {"audience": "kefu", "issuer": "the-shop"}
    assert read(forged(aud="kefu", iss="the-shop"), **rules) == "C1001"
    assert read(forged(aud=["other", "kefu"], iss="the-shop"), **rules) == "C1001"
    ours = customer_token("C1001", keys=KEYS, now=NOW, minutes=5, rules=TokenRules(**rules))
    assert read(ours, **rules) == "C1001"
    for claims in ({}, {"aud": "kefu"}, {"aud": "other", "iss": "the-shop"}, {"aud": 1, "iss": "the-shop"}):
        with pytest.raises(TokenError):
            read(forged(**claims), **rules)
    assert read(forged(iss="whoever")) == "C1001"


def test_a_session_token_is_no_customer_token_and_the_other_way_round() -> None:
    session = Session("s-1", "C1001", None, NOW, NOW + timedelta(hours=1))
    token = session_token(session, keys=KEYS)
    assert jwt.get_unverified_header(token)["kid"] == "new"
    assert read_session_token(token, keys=KEYS, now=NOW) == "s-1"
    with pytest.raises(TokenError):
        read(token)
    with pytest.raises(TokenError):
        read_session_token(forged(), keys=KEYS, now=NOW)
    with pytest.raises(TokenError, match="expired"):
        read_session_token(token, keys=KEYS, now=NOW + timedelta(hours=1))
    with pytest.raises(TokenError, match="no known key"):
        read_session_token(token, keys=Keyring(single=SINGLE), now=NOW)
    with pytest.raises(TokenError, match="wrong signature"):
        read_session_token(token, keys=Keyring({"new": SINGLE * 2}), now=NOW)
    assert read_session_token(token, keys=KEYS, now=NOW) == "s-1", "what was found bad is not kept"


GOOD = forged()


@given(place=st.integers(0, len(GOOD) - 1), char=st.characters(codec="utf-8"))
def test_a_token_with_one_character_changed_is_refused(place: int, char: str) -> None:
    mangled = GOOD[:place] + char + GOOD[place + 1 :]
    if mangled == GOOD:
        assert read(mangled) == "C1001"
        return
    with pytest.raises(TokenError):
        read(mangled)


@given(start=st.integers(0, len(GOOD)), length=st.integers(1, 40), put=st.text(max_size=8))
def test_a_token_with_a_piece_cut_out_or_put_in_is_refused(start: int, length: int, put: str) -> None:
    mangled = GOOD[:start] + put + GOOD[start + length :]
    if mangled != GOOD:
        with pytest.raises(TokenError):
            read(mangled)


@given(st.one_of(st.text(), st.binary(), st.none(), st.integers(), st.lists(st.text(max_size=3))))
def test_anything_else_is_refused_with_the_same_error(token: Any) -> None:
    with pytest.raises(TokenError):
        read(token)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)
NAMES = st.sampled_from(["sub", "exp", "nbf", "iat", "aud", "iss", "jti"])


@given(claims=st.dictionaries(NAMES, JSON, max_size=5))
def test_rightly_signed_claims_of_any_type_are_read_or_refused(claims: dict[str, Any]) -> None:
    token = signed({"kid": "new"}, json.dumps({**CLAIMS, **claims}).encode())
    try:
        customer = read(token)
    except TokenError:
        return
    assert isinstance(customer, str) and 0 < len(customer) <= 200
    assert {**CLAIMS, **claims}["exp"] > AT and claims.get("aud") is None


@given(header=st.dictionaries(st.sampled_from(["alg", "kid", "typ", "crit", "b64", "jwk"]), JSON, max_size=4))
def test_headers_of_any_kind_without_our_signature_are_refused(header: dict[str, Any]) -> None:
    with pytest.raises(TokenError):
        read(hand_made(header, CLAIMS))

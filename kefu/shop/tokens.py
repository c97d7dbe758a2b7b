"""Signed tokens: the shop's own for its customer, ours for the session.

A token names the key that it is checked with (``kid``) and nothing else about how it is checked:
the algorithm is ours. Whatever is wrong with a token is a TokenError.
"""

from __future__ import annotations

import base64
import binascii
import math
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import jwt

from kefu.errors import TokenError
from kefu.shop.keys import Keyring, TokenRules
from kefu.store.chat_records import Session

if TYPE_CHECKING:
    from jwt.types import Options

ALGORITHM = "HS256"
SESSION_AUDIENCE = "kefu-session"
LONGEST = 4096  # characters; ours have about 200
LONGEST_NAME = 200
KEPT = 2048  # tokens that are looked through once: a conversation sends the same one with every message
SHAPE = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.([A-Za-z0-9_-]+)")
ANY = TokenRules()


def customer_token(
    customer_id: str, *, keys: Keyring, now: datetime, minutes: int, rules: TokenRules = ANY
) -> str:
    """The JWT with which a shop's page signs its customer in."""
    claims: dict[str, Any] = {"sub": customer_id, "iat": int(now.timestamp())}
    claims["exp"] = int((now + timedelta(minutes=minutes)).timestamp())
    named = {"aud": rules.audience, "iss": rules.issuer}
    return _signed(claims | {name: value for name, value in named.items() if value}, keys)


def read_customer_token(token: str, *, keys: Keyring, now: datetime, rules: TokenRules = ANY) -> str:
    """The customer id (``sub``) of a token signed with one of ``keys``.

    ``exp`` is required; ``nbf`` and ``iat`` count where they are there, each with the leeway of
    ``rules``. Raises TokenError when it is malformed, forged, expired or meant for something else.
    """
    claims = _claims(token, keys, now=now, leeway=rules.leeway)
    if not _is_for(claims.get("aud"), rules.audience):
        raise _bad("a token made for another purpose (aud)")
    if rules.issuer and claims.get("iss") != rules.issuer:
        raise _bad("a token of another issuer (iss)")
    return _name(claims, "sub", "a token without a customer (sub)")


def session_token(session: Session, *, keys: Keyring) -> str:
    """The bearer token of a session; it lives as long as the session does."""
    expires = int(session.expires_at.timestamp())
    return _signed({"sid": session.session_id, "aud": SESSION_AUDIENCE, "exp": expires}, keys)


def read_session_token(token: str, *, keys: Keyring, now: datetime) -> str:
    """The session id of a session token; raises TokenError as ``read_customer_token`` does."""
    claims = _claims(token, keys, now=now, leeway=0)
    if claims.get("aud") != SESSION_AUDIENCE:
        raise _bad("a token made for another purpose (aud)")
    return _name(claims, "sid", "a token without a session")


def _signed(claims: dict[str, Any], keys: Keyring) -> str:
    key_id, secret = keys.signing()
    return jwt.encode(claims, secret, algorithm=ALGORITHM, headers={"kid": key_id} if key_id else None)


def _claims(token: str, keys: Keyring, *, now: datetime, leeway: int) -> Mapping[str, Any]:
    _check_shape(token)
    try:
        claims = _verified(token, _secret_for(_header_of(token), keys))
    except jwt.InvalidSignatureError as error:
        raise _bad("a token with a wrong signature") from error
    except (jwt.PyJWTError, ValueError, RecursionError) as error:  # a deep JSON is no error of the library's
        raise _bad("a malformed token") from error
    _check_times(claims, now.timestamp(), leeway)
    return claims


@lru_cache(maxsize=KEPT)
def _header_of(token: str) -> Mapping[str, Any]:
    return MappingProxyType(jwt.get_unverified_header(token))


@lru_cache(maxsize=KEPT)
def _verified(token: str, secret: str) -> Mapping[str, Any]:
    """The claims of a token that ``secret`` signed; only what was found good is kept, not when it is."""
    options = _without_the_librarys_checks()
    return MappingProxyType(jwt.decode(token, secret, algorithms=[ALGORITHM], options=options))


def _without_the_librarys_checks() -> Options:
    # the clock is a parameter, and every claim is checked here in one way
    return {
        "verify_exp": False, "verify_iat": False, "verify_nbf": False, "verify_aud": False,
        "verify_iss": False, "verify_sub": False, "verify_jti": False,
    }  # fmt: skip


def _check_shape(token: object) -> None:
    """Refuse what is no signed token at all, before anything of it is decoded."""
    if not isinstance(token, str) or len(token) > LONGEST:
        raise _bad("a malformed token")
    shape = SHAPE.fullmatch(token)
    if shape is None or not _is_canonical(shape.group(1)):
        raise _bad("a malformed token")


def _is_canonical(part: str) -> bool:
    """Whether base64url is written in the one way: its last character has bits that decoders ignore."""
    try:
        raw = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except binascii.Error:
        return False
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode() == part


def _secret_for(header: Mapping[str, Any], keys: Keyring) -> str:
    if header.get("alg") != ALGORITHM:
        raise _bad(f"a token of another algorithm than {ALGORITHM}")
    if "crit" in header:
        raise _bad("a token with demands (crit) that are not known here")
    key_id = header.get("kid")
    secret = keys.secret_of(key_id) if key_id is None or isinstance(key_id, str) else None
    if secret is None:
        raise _bad("a token of no known key (kid)")
    return secret


def _check_times(claims: Mapping[str, Any], now: float, leeway: int) -> None:
    if "exp" not in claims:
        raise _bad("a token that never expires")
    if now >= _instant(claims, "exp") + leeway:
        raise _bad("an expired token")
    for name in ("nbf", "iat"):
        if name in claims and now + leeway < _instant(claims, name):
            raise _bad("a token from the future")


def _instant(claims: Mapping[str, Any], name: str) -> float:
    """A claim in seconds since 1970. JSON's NaN is never later than anything, so it must not come through."""
    value = claims[name]
    try:
        if isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value):
            return float(value)
    except OverflowError:
        pass  # a whole number beyond all floats is no time either
    raise _bad(f"a malformed token: {name} is no time")


def _is_for(audience: object, wanted: str) -> bool:
    if not wanted:
        return audience is None
    return wanted in audience if isinstance(audience, list) else audience == wanted


def _name(claims: Mapping[str, Any], claim: str, missing: str) -> str:
    value = claims.get(claim)
    if not isinstance(value, str) or not value or len(value) > LONGEST_NAME or not value.isprintable():
        raise _bad(missing)
    return value


def _bad(found: str) -> TokenError:
    return TokenError(f"found {found}; wanted a valid one; sign in again")

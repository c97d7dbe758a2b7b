"""Signed tokens: the shop's own for its customer, ours for the session."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import jwt

from kefu.errors import TokenError
from kefu.store.records import Session

if TYPE_CHECKING:
    from jwt.types import Options

ALGORITHM = "HS256"  # the only one accepted: a token never chooses how it is checked
SESSION_AUDIENCE = "kefu-session"


def customer_token(customer_id: str, *, secret: str, now: datetime, minutes: int) -> str:
    """The JWT with which a shop's page signs its customer in."""
    expires = now + timedelta(minutes=minutes)
    claims = {"sub": customer_id, "iat": int(now.timestamp()), "exp": int(expires.timestamp())}
    return jwt.encode(claims, secret, algorithm=ALGORITHM)


def read_customer_token(token: str, *, secrets: Sequence[str], now: datetime) -> str:
    """The customer id of a token signed with any of ``secrets`` (two while one is being changed).

    Raises TokenError when it is malformed, forged, expired or meant for something else.
    """
    claims = _claims(token, secrets, now)
    if "aud" in claims:
        raise _bad("a token made for another purpose")
    subject = claims.get("sub")
    if not isinstance(subject, str) or not subject:
        raise _bad("a token without a customer (sub)")
    return subject


def session_token(session: Session, *, secret: str) -> str:
    """The bearer token of a session; it lives as long as the session does."""
    claims = {
        "sid": session.session_id,
        "aud": SESSION_AUDIENCE,
        "exp": int(session.expires_at.timestamp()),
    }
    return jwt.encode(claims, secret, algorithm=ALGORITHM)


def read_session_token(token: str, *, secret: str, now: datetime) -> str:
    """The session id of a session token; raises TokenError as ``read_customer_token`` does."""
    claims = _claims(token, [secret], now)
    session_id = claims.get("sid")
    if claims.get("aud") != SESSION_AUDIENCE or not isinstance(session_id, str) or not session_id:
        raise _bad("a token made for another purpose")
    return session_id


def _claims(token: str, secrets: Sequence[str], now: datetime) -> dict[str, Any]:
    claims = _verified(token, secrets)
    expires = claims.get("exp")
    if not isinstance(expires, (int, float)):
        raise _bad("a token that never expires")
    if now.timestamp() >= expires:
        raise _bad("an expired token")
    return claims


def _verified(token: str, secrets: Sequence[str]) -> dict[str, Any]:
    # the clock is a parameter, so the library's own checks of time are off and done by the caller
    options: Options = {"verify_exp": False, "verify_iat": False, "verify_nbf": False, "verify_aud": False}
    for secret in secrets:
        try:
            return jwt.decode(token, secret, algorithms=[ALGORITHM], options=options)
        except jwt.InvalidSignatureError:
            continue
        except jwt.PyJWTError as error:
            raise _bad("a malformed token") from error
    raise _bad("a token with a wrong signature")


def _bad(found: str) -> TokenError:
    return TokenError(f"found {found}; wanted a valid one; sign in again")

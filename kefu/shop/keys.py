"""The keys that tokens and one-time codes are made with, as they stand now."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field

from kefu.settings import Keys, Settings, read_secrets

CODE_PURPOSE = b"kefu one-time code"


@dataclass(frozen=True)
class Keyring:
    """Secrets by key id, of which the first signs; ``single`` is the one of tokens without a key id."""

    named: Mapping[str, str] = field(default_factory=dict, repr=False)
    single: str = field(default="", repr=False)

    def signing(self) -> tuple[str | None, str]:
        """Key id (None: the single secret) and secret that new tokens are signed with."""
        return next(iter(self.named.items()), (None, self.single))

    def secret_of(self, key_id: str | None) -> str | None:
        """The secret of a key id, or of a token without one; None where there is no such key."""
        return (self.single or None) if key_id is None else self.named.get(key_id)

    def code_keys(self) -> tuple[bytes, ...]:
        """Keys of one-time codes, one for each secret: the first makes them, all of them check."""
        known = [*self.named.values(), *([self.single] if self.single else [])]
        return tuple(hmac.digest(secret.encode(), CODE_PURPOSE, hashlib.sha256) for secret in known)


@dataclass(frozen=True)
class TokenRules:
    """What a customer token must say besides: audience and issuer ("" : not asked for), leeway in seconds."""

    audience: str = ""
    issuer: str = ""
    leeway: int = 0


def customer_keys(settings: Settings) -> Keyring:
    """The keys of customer tokens; those in a file are read anew, so that a running server follows it."""
    return _ring(settings.shop_keys, settings.shop_secret, "shop")


def session_keys(settings: Settings) -> Keyring:
    """The keys of the chat's own session tokens, read as ``customer_keys`` are."""
    return _ring(settings.session_keys, settings.session_secret, "session")


def token_rules(settings: Settings) -> TokenRules:
    """The rules for customer tokens that the settings give."""
    return TokenRules(settings.token_audience, settings.token_issuer, settings.token_leeway_seconds)


def _ring(keys: Keys, single: str, purpose: str) -> Keyring:
    if keys.kept_in is None:
        return Keyring(keys.secrets, single)
    kept = read_secrets(keys.kept_in)
    return Keyring(kept[f"{purpose}_keys"], kept[f"{purpose}_secret"])

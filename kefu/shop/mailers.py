"""Ways for a mail to leave: printed on the console, or handed to a mail server."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Protocol
from urllib.parse import SplitResult, unquote, urlsplit

from kefu.errors import ConfigError
from kefu.settings import Settings
from kefu.store.chat_records import Mail

SECONDS = 15.0  # for each step of the talk with the mail server
PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}
AT_HOME = ("localhost", "127.0.0.1", "::1")


class Undelivered(Exception):
    """A mail that did not leave; ``final`` where another attempt would be refused in the same way.

    ``problem`` is the kind of the failure and the server's code, never its words: they hold addresses.
    """

    def __init__(self, problem: str, *, final: bool) -> None:
        super().__init__(problem)
        self.problem = problem
        self.final = final


class Mailer(Protocol):
    """Hands one mail over; raises Undelivered where that did not work."""

    def send(self, mail: Mail) -> None:
        """Return once the mail is handed over."""


@dataclass(frozen=True)
class ConsoleMailer:
    """Prints mails; outside of a demo without address and words, which are nobody's business there."""

    show: bool
    out: Callable[[str], None] = print

    def send(self, mail: Mail) -> None:
        """Print the mail."""
        if self.show:
            self.out(f"mail to {mail.to}: {mail.subject}: {mail.body}")
        else:
            self.out(f"mail {mail.mail_id} is not sent anywhere: set KEFU_MAIL=smtp and KEFU_SMTP_URL")


@dataclass(frozen=True)
class Relay:
    """A mail server: ``security`` is smtp (none), smtp+starttls or smtps."""

    security: str
    host: str
    port: int
    user: str = ""
    password: str = field(default="", repr=False)

    @classmethod
    def parse(cls, url: str) -> Relay:
        """Read ``KEFU_SMTP_URL``; ConfigError, which does not repeat the value, where it is wrong."""
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise _bad_url("a port that is none, or a host that cannot be read") from None
        if parts.scheme not in PORTS or not parts.hostname or parts.path.strip("/") or parts.query:
            raise _bad_url("something else")
        _refuse_bare_password(parts)
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        return cls(parts.scheme, parts.hostname, port or PORTS[parts.scheme], user, password)


def _refuse_bare_password(parts: SplitResult) -> None:
    if parts.password and parts.scheme == "smtp" and parts.hostname not in AT_HOME:
        raise _bad_url("a password that would travel in the clear: use smtp+starttls:// or smtps://")


def _bad_url(found: str) -> ConfigError:
    kinds = ", ".join(f"{scheme}://" for scheme in PORTS)
    return ConfigError(f"KEFU_SMTP_URL: found {found}; wanted {kinds} with USER:PASSWORD@HOST:PORT or HOST")


@dataclass(frozen=True)
class SmtpMailer:
    """Hands mails to a mail server, one connection a mail."""

    relay: Relay
    sender: str
    tls: ssl.SSLContext = field(default_factory=ssl.create_default_context, repr=False)
    seconds: float = SECONDS

    def send(self, mail: Mail) -> None:
        """Hand the mail over; raises Undelivered."""
        with _told(about_the_mail=True):
            message = self._message(mail)
        with _told(about_the_mail=False):
            server = self._connected()
        try:
            with _told(about_the_mail=True):
                server.send_message(message)
            with suppress(smtplib.SMTPException, OSError):  # it has the mail; how it says goodbye is its own
                server.quit()
        finally:
            server.close()

    def _connected(self) -> smtplib.SMTP:
        relay = self.relay
        if relay.security == "smtps":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                relay.host, relay.port, timeout=self.seconds, context=self.tls
            )
        else:
            server = smtplib.SMTP(relay.host, relay.port, timeout=self.seconds)
        try:
            if relay.security == "smtp+starttls":
                server.starttls(context=self.tls)
            if relay.user:
                server.login(relay.user, relay.password)
        except BaseException:
            server.close()
            raise
        return server

    def _message(self, mail: Mail) -> EmailMessage:
        message = EmailMessage(policy=SMTP)
        message["From"], message["To"], message["Subject"] = self.sender, mail.to, mail.subject
        message["Date"] = format_datetime(mail.created_at)
        # the same for every attempt: where one was sent twice a mailbox can tell
        host = self.sender.rpartition("@")[2].strip(" >") or "localhost"
        stamp = f"{mail.mail_id}.{int(mail.created_at.timestamp() * 1_000_000)}"
        message["Message-ID"] = f"<kefu.{stamp}@{host}>"
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday replies, please
        message.set_content(mail.body)
        return message


@contextmanager
def _told(*, about_the_mail: bool) -> Iterator[None]:
    """Let every failure leave as Undelivered.

    A refusal is final only where it is about the mail: a wrong password or certificate is ours to mend.
    """
    try:
        yield
    except smtplib.SMTPResponseException as error:
        raise _refused(error, int(error.smtp_code), about_the_mail) from error
    except smtplib.SMTPRecipientsRefused as error:
        code = next((int(code) for code, _ in error.recipients.values()), 0)
        raise _refused(error, code, about_the_mail) from error
    except OSError as error:  # before ValueError: a bad certificate is both
        final = about_the_mail and isinstance(error, smtplib.SMTPNotSupportedError)
        raise Undelivered(type(error).__name__, final=final) from error
    except ValueError as error:  # an address or a subject that cannot be written down
        raise Undelivered(type(error).__name__, final=about_the_mail) from error


def _refused(error: Exception, code: int, about_the_mail: bool) -> Undelivered:
    return Undelivered(f"{type(error).__name__} {code}", final=about_the_mail and 500 <= code < 600)


def mailer(settings: Settings) -> Mailer:
    """The mailer that the settings ask for; ConfigError where the mail server's address is wrong."""
    if settings.mail == "smtp":
        return SmtpMailer(Relay.parse(settings.smtp_url), settings.mail_from)
    return ConsoleMailer(show=settings.demo)

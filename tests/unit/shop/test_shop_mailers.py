"""Mail servers: how their addresses are read, and that a password never travels in the clear."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from kefu.errors import ConfigError
from kefu.settings import Settings
from kefu.shop.mailers import ConsoleMailer, Relay, SmtpMailer, Undelivered, mailer
from kefu.store.chat_records import Mail
from tests.support import mail_server as server
from tests.support.demo_shop import NOW

PEM = Path(server.__file__).with_suffix(".pem")  # a key of nobody, for 127.0.0.1, good until 2126
MAIL = Mail(7, "maria@example.com", "验证码", "码 123456", "123456", NOW)


@pytest.fixture
def post() -> Iterator[server.Post]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(PEM)
    with server.mail_server(tls=context) as post:
        yield post


@pytest.mark.parametrize(
    ("url", "relay"),
    [
        ("smtp://localhost", Relay("smtp", "localhost", 25)),
        ("smtp://mail.example:2525", Relay("smtp", "mail.example", 2525)),
        ("smtp://u:p@127.0.0.1", Relay("smtp", "127.0.0.1", 25, "u", "p")),
        ("smtps://u:p%40ss%2F@mail.example/", Relay("smtps", "mail.example", 465, "u", "p@ss/")),
        (
            "smtp+starttls://me%40x.y:p@mail.example",
            Relay("smtp+starttls", "mail.example", 587, "me@x.y", "p"),
        ),
    ],
)
def test_an_address_is_read(url: str, relay: Relay) -> None:
    assert Relay.parse(url) == relay
    assert not relay.password or f"'{relay.password}'" not in repr(relay)


@pytest.mark.parametrize(
    "url",
    ["", "mail.example", "http://u:s3cr3t@h", "smtp://", "smtp://u:s3cr3t@mail.example", "smtps://h:99999",
     "smtps://u:s3cr3t@h/path", "smtps://h?x=s3cr3t", "smtps://[u:s3cr3t@h"],
)  # fmt: skip
def test_an_address_that_is_none_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(ConfigError, match="KEFU_SMTP_URL") as caught:
        Relay.parse(url)
    assert "s3cr3t" not in str(caught.value)


def test_the_settings_choose(tmp_path: Path) -> None:
    env = {"KEFU_HOME": str(tmp_path)}
    assert mailer(Settings.load(env)) == ConsoleMailer(show=True)
    assert mailer(Settings.load({**env, "KEFU_DEMO": "0"})) == ConsoleMailer(show=False)
    smtp = {**env, "KEFU_MAIL": "smtp", "KEFU_SMTP_URL": "smtps://u:s3cr3t@h", "KEFU_MAIL_FROM": "a@b.c"}
    made = mailer(Settings.load(smtp))
    assert isinstance(made, SmtpMailer) and made.sender == "a@b.c" and "s3cr3t" not in repr(made)


def relay(post: server.Post) -> Relay:
    return Relay("smtp+starttls", "127.0.0.1", post.port, "kefu", "s3cr3t")


def test_a_mail_and_the_password_go_over_tls(post: server.Post) -> None:
    SmtpMailer(relay(post), "shop@example.com", ssl.create_default_context(cafile=str(PEM)), 5).send(MAIL)
    assert post.secured == 1 and len(post.logins) == 1
    assert post.mails[0]["Subject"] == "验证码" and post.mails[0].get_content().strip() == "码 123456"


def test_a_server_whose_certificate_nobody_vouches_for_gets_nothing(post: server.Post) -> None:
    with pytest.raises(Undelivered) as caught:
        SmtpMailer(relay(post), "shop@example.com", seconds=5).send(MAIL)
    assert not caught.value.final and post.logins == [] and post.mails == []


def test_a_server_without_tls_gets_no_password() -> None:
    with server.mail_server() as post:
        with pytest.raises(Undelivered):
            SmtpMailer(relay(post), "shop@example.com", seconds=5).send(MAIL)
        assert post.logins == [] and post.mails == []

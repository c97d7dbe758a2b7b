"""A small SMTP server in a thread: keeps what it was given, and can be told how to behave."""

from __future__ import annotations

import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default


@dataclass
class Post:
    """What arrived, and how the next mails are met.

    ``answers`` replaces the usual answer to a command (MAIL, RCPT, DATA, AUTH …) or to the ``END`` of
    a mail; "" cuts the line instead, at END after the mail was kept.
    """

    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)
    secured: int = 0
    answers: dict[str, str] = field(default_factory=dict)
    tls: ssl.SSLContext | None = None


class _Cut(Exception):
    """The line is cut."""


class _Talk(socketserver.StreamRequestHandler):
    post: Post

    def handle(self) -> None:
        try:
            self._say("220 mail.test")
            while line := self.rfile.readline():
                words = line.decode("utf-8", "replace").strip()
                if not self._answer(words.upper().partition(" ")[0], words):
                    return
        except (_Cut, OSError):
            return

    def _say(self, answer: str) -> None:
        if not answer:
            raise _Cut
        self.wfile.write(answer.encode() + b"\r\n")

    def _answer(self, verb: str, words: str) -> bool:
        usual = {
            "EHLO": self._offers(),
            "DATA": "354 go on",
            "STARTTLS": "220 go on",
            "AUTH": "235 welcome",
            "QUIT": "221 bye",
        }
        answer = self.post.answers.get(verb, usual.get(verb, "250 fine"))
        self._say(answer)
        if verb == "AUTH":
            self.post.logins.append(words)
        elif verb == "RCPT":
            self.post.recipients.append(words)
        elif verb == "DATA" and answer.startswith("354"):
            self._keep()
        elif verb == "STARTTLS" and self.post.tls is not None:
            self._secure(self.post.tls)
        return verb != "QUIT"

    def _offers(self) -> str:
        starttls = ["250-STARTTLS"] if self.post.tls is not None else []
        return "\r\n".join(["250-mail.test", *starttls, "250-SMTPUTF8", "250-8BITMIME", "250 AUTH PLAIN"])

    def _keep(self) -> None:
        lines = iter(self.rfile.readline, b".\r\n")
        raw = b"".join(line[1:] if line.startswith(b"..") else line for line in lines)
        refusal = self.post.answers.get("END")
        if not refusal:  # accepted, or accepted and then cut off before saying so
            message = message_from_bytes(raw, policy=default)
            assert isinstance(message, EmailMessage)
            self.post.mails.append(message)
        self._say("250 kept" if refusal is None else refusal)

    def _secure(self, context: ssl.SSLContext) -> None:
        self.connection = context.wrap_socket(self.connection, server_side=True)
        self.rfile = self.connection.makefile("rb")
        self.wfile = self.connection.makefile("wb", buffering=0)
        self.post.secured += 1


@contextmanager
def mail_server(*, tls: ssl.SSLContext | None = None) -> Iterator[Post]:
    """Serve on a free port of this machine."""
    post = Post(tls=tls)
    handler = type("Talk", (_Talk,), {"post": post})
    socketserver.ThreadingTCPServer.allow_reuse_address = True
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        post.port = server.server_address[1]
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        try:
            yield post
        finally:
            server.shutdown()

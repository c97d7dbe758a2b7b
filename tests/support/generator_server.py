"""A small OpenAI-compatible server in a thread: keeps what it was asked, and can be told how to behave."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any


@dataclass
class Mind:
    """What it says (``draft``; "{facts}" stands for the facts that it was given) and how.

    ``manner``: answer, stall (for ``seconds``), trickle (a byte every tenth of a second), cut (a part of
    the answer), garbage, malformed, empty, huge, redirect, or a status such as "500".
    """

    url: str = ""
    draft: str = "{facts}"
    manner: str = "answer"
    seconds: float = 0.0
    asked: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)

    def given(self) -> dict[str, str]:
        """What the last request gave as data."""
        data: dict[str, str] = json.loads(self.asked[-1]["messages"][-1]["content"])
        return data


class _Answer(BaseHTTPRequestHandler):
    mind: Mind
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.mind.asked.append({"path": self.path, **json.loads(body)})
        self.mind.headers.append(dict(self.headers))
        try:
            self._behave(self.mind.manner)
        except OSError:
            return  # who asked has gone

    def _behave(self, manner: str) -> None:
        if manner == "stall":
            time.sleep(self.mind.seconds)
        status = int(manner) if manner.isdigit() else 302 if manner == "redirect" else 200
        body = self._body(manner)
        self.send_response(status)
        if manner == "redirect":
            self.send_header("Location", f"{self.mind.url}/elsewhere")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body) + (100 if manner == "cut" else 0)))
        self.end_headers()
        for byte in body if manner == "trickle" else [body]:
            self.wfile.write(bytes([byte]) if isinstance(byte, int) else byte)
            self.wfile.flush()
            time.sleep(0.1 if manner == "trickle" else 0)
        self.close_connection = manner == "cut"

    def _body(self, manner: str) -> bytes:
        if manner == "garbage":
            return bytes(range(256)) * 8
        if manner == "malformed":
            return b'{"choices": []}'
        draft = {"empty": " ", "huge": "x" * 1_000_000}.get(manner, self.mind.draft)
        said = draft.replace("{facts}", self.mind.given()["facts"])
        return json.dumps({"choices": [{"message": {"role": "assistant", "content": said}}]}).encode()

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@contextmanager
def thinking() -> Iterator[Mind]:
    """A server for the length of a test."""
    mind = Mind()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("_Told", (_Answer,), {"mind": mind}))
    server.daemon_threads = True
    mind.url = f"http://127.0.0.1:{server.server_port}/v1"
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield mind
    finally:
        server.shutdown()
        server.server_close()

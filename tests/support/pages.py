"""A real web server on this machine, whose pages a test sets."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread


@dataclass
class Reply:
    """What a path answers; ``fails``: how many requests get a 503 before."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    fails: int = 0
    stalls: float = 0.0


@dataclass
class Pages:
    """The server: its address, the replies by path, and the requests that it got."""

    url: str
    replies: dict[str, Reply] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def put(self, path: str, body: str | bytes = b"", kind: str = "text/html", **more: object) -> str:
        """Answer ``path`` with this from now on; gives its URL."""
        data = body.encode() if isinstance(body, str) else body
        headers = {"Content-Type": kind, **more.pop("headers", {})}  # type: ignore[dict-item]
        self.replies[path] = Reply(data, headers=headers, **more)  # type: ignore[arg-type]
        return self.url + path


@contextmanager
def pages() -> Iterator[Pages]:
    """A server on a free port, until the end of the block."""
    site = Pages("")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            site.asked.append((self.path, dict(self.headers)))
            answer(self, site.replies.get(self.path, Reply(status=404)))

        def log_message(self, *_: object) -> None:
            """Tests read no log."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    site.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def answer(handler: BaseHTTPRequestHandler, reply: Reply) -> None:
    """Send it; 304 where the asker has the page by its mark."""
    time.sleep(reply.stalls)
    status = reply.status
    if reply.fails:
        reply.fails -= 1
        status = 503
    etag = reply.headers.get("ETag")
    known = etag is not None and handler.headers.get("If-None-Match") == etag
    handler.send_response(304 if known else status)
    body = b"" if known else reply.body
    for name, value in {**reply.headers, "Content-Length": str(len(body))}.items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(body)

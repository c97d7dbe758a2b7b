"""nginx before the servers of `kefu up --workers N`, by deploy/nginx/kefu.conf with other ports."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from kefu.errors import ConfigError
from kefu.settings import Settings

WORKERS = re.compile(r"( +# workers\n).*?( +# end of workers\n)", re.DOTALL)
LISTEN = re.compile(r"^( +listen ).*?;", re.MULTILINE)
# Everything that nginx would else write below /var; a program of a terminal, not a daemon.
WHOLE = """daemon off;
pid {folder}/nginx.pid;
error_log stderr warn;
worker_processes {processes};
events {{ worker_connections 4096; }}
http {{
access_log off;
{temporary}
{server}}}
"""
KINDS = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


def write_configuration(settings: Settings, *, port: int, workers: Sequence[int]) -> Path:
    """A whole nginx.conf in KEFU_HOME that listens on ``port`` before servers on ``workers``.

    Raises ConfigError where deploy/nginx/kefu.conf is missing or has lost the places to fill in.
    """
    folder = settings.home / "nginx"
    folder.mkdir(parents=True, exist_ok=True)
    text = WHOLE.format(
        folder=folder,
        processes=min(len(workers), 4),
        temporary="\n".join(f"{kind}_temp_path {folder}/{kind};" for kind in KINDS),
        server=_server(settings, port=port, workers=workers),
    )
    file = folder / "nginx.conf"
    file.write_text(text, encoding="utf-8")
    return file


def nginx_command(program: str, file: Path) -> list[str]:
    """The command line that runs nginx by this configuration alone."""
    return [program, "-p", str(file.parent), "-c", str(file), "-e", "stderr"]


def _server(settings: Settings, *, port: int, workers: Sequence[int]) -> str:
    original = settings.root / "deploy" / "nginx" / "kefu.conf"
    try:
        text = original.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"cannot read {original}: {error}; take it from the project again") from error
    lines = "".join(f"    server 127.0.0.1:{one} max_fails=2 fail_timeout=5s;\n" for one in workers)
    text, servers = WORKERS.subn(lambda found: f"{found[1]}{lines}{found[2]}", text)
    text, listens = LISTEN.subn(rf"\g<1>{settings.host}:{port};", text)
    if (servers, listens) != (1, 1):
        raise ConfigError(
            f"found {servers} lists of workers and {listens} lines `listen` in {original}; wanted one of each"
        )
    return text

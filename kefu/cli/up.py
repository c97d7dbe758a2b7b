"""`kefu up`: shop, model, chat server and perhaps action server, ready or with the reason why not."""

from __future__ import annotations

import http.client
import json
import shutil
import signal
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import FrameType

import yaml

from kefu.channels.promotion import Promotions
from kefu.cli import console
from kefu.cli.children import Family, rasa_command
from kefu.cli.models import chosen_model, configuration_digest, ensure_model
from kefu.cli.nginx import nginx_command, write_configuration
from kefu.cli.shop import ensure_shop
from kefu.errors import ConfigError
from kefu.settings import Settings
from kefu.shop.mailers import mailer

DEFAULT_ACTION_PORT = 5055


@dataclass(frozen=True)
class Address:
    """Where customers come in, and the ports of the Rasa servers behind it (the same one where it is one)."""

    host: str
    port: int
    workers: tuple[int, ...]

    @classmethod
    def of(cls, settings: Settings, port: int | None, workers: int) -> Address:
        """One server on the port itself; several on the ports behind it."""
        first = port or settings.port
        behind = tuple(range(first + 1, first + 1 + workers)) if workers > 1 else (first,)
        return cls(settings.host, first, behind)

    def url(self, port: int) -> str:
        """The address of one of the ports."""
        return f"http://{self.host}:{port}/"


def up(*, port: int | None, model: Path | None, workers: int = 1) -> int:
    """Serve until Ctrl-C (0) or until a part of it ends or does not get ready (1)."""
    settings = Settings.load()
    signal.signal(signal.SIGTERM, _as_interrupt)
    family = Family(root=settings.root)
    try:
        return _prepare_and_serve(family, settings, Address.of(settings, port, workers), model=model)
    except KeyboardInterrupt:
        console.say("\nstopping")
        return 0
    finally:
        family.stop()


def _prepare_and_serve(family: Family, settings: Settings, address: Address, *, model: Path | None) -> int:
    for wanted in sorted({address.port, *address.workers}):
        require_free(settings.host, wanted, option="--port")
    if not runs_actions(settings):
        require_free(settings.host, settings.action_port, option="KEFU_ACTION_PORT")
    _check_mail(settings)
    ensure_shop(settings)
    archive = archive_to_serve(settings, model)
    return _serve(family, settings, address, archive=archive)


def archive_to_serve(settings: Settings, model: Path | None) -> Path:
    """``model`` if named; else what was promoted for this configuration; else this configuration's."""
    promotions = Promotions(settings.home)
    pointer = promotions.pointer()
    if model is None and pointer and pointer.configuration == configuration_digest(settings.root):
        console.say(f"serving {pointer.current.name}, as promoted")
        return promotions.archive(pointer.current)
    if pointer is not None:
        console.say(f"{pointer.current.name} was promoted for another configuration, or --model is given")
        promotions.forget()
    return chosen_model(settings.root, model) if model else ensure_model(settings.root)


def _check_mail(settings: Settings) -> None:
    """Raise ConfigError for a mail server that cannot be meant; say where no code would reach anybody."""
    mailer(settings)
    if settings.mail == "console" and not settings.demo:
        console.complain(
            "KEFU_MAIL is console: no code reaches a guest; set KEFU_MAIL=smtp and KEFU_SMTP_URL"
        )


def _serve(family: Family, settings: Settings, address: Address, *, archive: Path) -> int:
    if not runs_actions(settings):
        family.start("actions", action_command(settings))
    served = _start_balancer(family, settings, address)
    first, *others = address.workers
    # the first one brings the schema up to date and fits what is not fitted yet; the others find it there
    for ports in ([first], others):
        if reason := _start_servers(family, settings, address, ports, archive=archive):
            console.complain(f"not ready: {reason}")
            return 1
    console.say("\nready")
    for port in served:
        console.say(address.url(port))
    while (reason := family.obituary()) is None:
        time.sleep(0.5)
    console.complain(f"{reason} (what else ran was stopped too; start again with `kefu up`)")
    return 1


def _start_servers(
    family: Family, settings: Settings, address: Address, ports: list[int], *, archive: Path
) -> str | None:
    """Start Rasa servers; None when they are ready, else the reason why not."""
    several = len(address.workers) > 1
    for port in ports:
        name = f"rasa{address.workers.index(port) + 1}" if several else "rasa"
        family.start(name, chat_command(settings, chat_port=port, archive=archive), again=several)
    for url in map(address.url, ports):
        reason = wait_until(partial(readiness, url), family.obituary, seconds=settings.ready_seconds)
        if reason:
            return reason
    return None


def _start_balancer(family: Family, settings: Settings, address: Address) -> tuple[int, ...]:
    """Start nginx where there are several servers, or say how; the ports at which customers are served."""
    if len(address.workers) == 1:
        return address.workers
    file = write_configuration(settings, port=address.port, workers=address.workers)
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")  # not on every user's path
    if program is None:
        how = " ".join(nginx_command("nginx", file))
        console.complain(f"nginx is not installed; install it (apt-get install nginx-light) and run: {how}")
        return address.workers
    family.extra["KEFU_PROXIES"] = str(settings.proxies or 1)
    family.start("nginx", nginx_command(program, file))
    return (address.port,)


def runs_actions(settings: Settings) -> bool:
    """Whether endpoints.yml has the chat server run actions itself (``actions_module``)."""
    parts = yaml.safe_load((settings.root / "endpoints.yml").read_text(encoding="utf-8")) or {}
    return bool((parts.get("action_endpoint") or {}).get("actions_module"))


def action_command(settings: Settings) -> list[str]:
    """The action server's command line; SANIC_HOST in its environment binds it to this machine."""
    return rasa_command("run", "actions", "--port", settings.action_port)


def chat_command(settings: Settings, *, chat_port: int, archive: Path) -> list[str]:
    """The chat server's command line."""
    flags = {
        "--model": archive,
        "--endpoints": endpoints_file(settings),
        "--credentials": settings.root / "credentials.yml",
        "-i": settings.host,
        "-p": chat_port,
    }
    return rasa_command("run", *(part for pair in flags.items() for part in pair))


def endpoints_file(settings: Settings) -> Path:
    """endpoints.yml, or a copy of it in the home folder that names another action port."""
    original = settings.root / "endpoints.yml"
    if settings.action_port == DEFAULT_ACTION_PORT:
        return original
    ours = f"127.0.0.1:{DEFAULT_ACTION_PORT}"
    text = original.read_text(encoding="utf-8")
    if ours not in text:
        raise ConfigError(f"found no {ours} in {original} to replace; name the action port there yourself")
    copy = settings.home / f"endpoints-{settings.action_port}.yml"
    copy.parent.mkdir(parents=True, exist_ok=True)
    copy.write_text(text.replace(ours, f"127.0.0.1:{settings.action_port}"), encoding="utf-8")
    return copy


def require_free(host: str, port: int, *, option: str) -> None:
    """Raise ConfigError where another program listens on ``port``."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.settimeout(1.0)
        if probe.connect_ex((host, port)) == 0:
            raise ConfigError(
                f"port {port} is taken, perhaps by another assistant; stop it or choose a port ({option})"
            )


class Hopeless(Exception):
    """A server that will not get ready by waiting."""


def readiness(address: str) -> str | None:
    """None when the server at ``address`` would answer a customer, else what is missing.

    Raises Hopeless where waiting does not help.
    """
    try:
        with urllib.request.urlopen(f"{address}health/ready", timeout=5):
            return None
    except urllib.error.HTTPError as refusal:
        return _refusal(refusal.read())
    except (OSError, http.client.HTTPException):
        # No HTTP: a port that nobody listens on may be the very one that the question is asked from.
        return "the chat server does not listen yet"


def wait_until(
    lacking: Callable[[], str | None], ended: Callable[[], str | None], *, seconds: float
) -> str | None:
    """Poll until nothing is ``lacking`` (None) or a process ``ended`` or time is up (the reason)."""
    deadline = time.monotonic() + seconds
    while True:
        if reason := ended():
            return reason
        missing = lacking()
        if missing is None:
            return None
        if time.monotonic() > deadline:
            return f"{missing}, after {seconds:.0f} s"
        time.sleep(0.3)


def _refusal(body: bytes) -> str:
    try:
        error = json.loads(body)["error"]
        code, message = error["code"], str(error["message"])
    except (ValueError, KeyError, TypeError):
        return "the chat server is not ready and does not say why"
    if code == "no_model":
        raise Hopeless(f"{message}; train again with `kefu train --force`")
    return message


def _as_interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt

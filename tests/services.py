"""Real services for tests: Redis and RabbitMQ from Debian's packages (PostgreSQL: tests.support.databases).

Each is started once, on a port of its own, with its files in a temporary folder. Where Redis or RabbitMQ
are not installed the tests that ask for them are skipped with the reason; with KEFU_SERVICES_REQUIRED=1
(CI) they fail instead.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.ports import free_port

# Debian's wrapper in /usr/sbin changes the user and forgets the environment; this is what it calls.
RABBITMQ = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
PASSWORD = "only-for-tests"


@dataclass(frozen=True)
class Service:
    """Where a service listens, and the account that tests use."""

    host: str
    port: int
    user: str
    password: str


@pytest.fixture(scope="session")
def redis_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A Redis that keeps nothing on disk."""
    with redis_running(tmp_path_factory.mktemp("redis")) as service:
        yield service


@contextmanager
def redis_running(folder: Path, *, port: int | None = None) -> Iterator[Service]:
    """A Redis of a test's own, which it may end."""
    program = shutil.which("redis-server")
    if program is None:
        absent("redis-server is not installed (Debian: apt-get install redis-server)")
    port = port or free_port()
    command = [str(program), "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    command += ["--requirepass", PASSWORD]
    with running(command, port=port, log=folder / "log", seconds=20):
        yield Service("127.0.0.1", port, "", PASSWORD)


@pytest.fixture(scope="session")
def rabbitmq_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A RabbitMQ with its files, its node name and its port mapper to itself."""
    if not RABBITMQ.is_file():
        absent("rabbitmq-server is not installed (Debian: apt-get install rabbitmq-server)")
    folder = tmp_path_factory.mktemp("rabbitmq")
    port, mapper = free_port(), str(free_port())
    (folder / "rabbitmq.conf").write_text(f"listeners.tcp.1 = 127.0.0.1:{port}\nloopback_users = none\n")
    environment = {**os.environ, **rabbitmq_environment(folder), "ERL_EPMD_PORT": mapper}
    try:
        with running([str(RABBITMQ)], port=port, log=folder / "log", seconds=90, environment=environment):
            yield Service("127.0.0.1", port, "guest", "guest")
    finally:
        subprocess.run(["epmd", "-port", mapper, "-kill"], capture_output=True, check=False)


def rabbitmq_environment(folder: Path) -> dict[str, str]:
    """Every path and name that RabbitMQ would share with another one of this machine."""
    return {
        "HOME": str(folder),
        "RABBITMQ_NODENAME": f"kefu-{os.getpid()}@localhost",
        "RABBITMQ_DIST_PORT": str(free_port()),
        "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
        "RABBITMQ_CONF_ENV_FILE": str(folder / "none.conf"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
        "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
        "RABBITMQ_LOG_BASE": str(folder / "logs"),
        "RABBITMQ_PID_FILE": str(folder / "pid"),
    }


def absent(reason: str) -> None:
    """Skip the test, or fail it where every service is required."""
    if os.environ.get("KEFU_SERVICES_REQUIRED") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


@contextmanager
def running(
    command: list[str], *, port: int, log: Path, seconds: float, environment: dict[str, str] | None = None
) -> Iterator[None]:
    """Run a server until the block ends; it must listen on ``port`` within ``seconds``."""
    with log.open("wb") as words:
        process = subprocess.Popen(command, stdout=words, stderr=subprocess.STDOUT, env=environment)
        try:
            await_port(process, port=port, log=log, seconds=seconds)
            yield
        finally:
            process.terminate()
            process.wait(timeout=30)


def await_port(process: subprocess.Popen[bytes], *, port: int, log: Path, seconds: float) -> None:
    """Return once something listens on ``port``; fail with the log where that takes too long."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    pytest.fail(f"{process.args} does not listen on {port}:\n{log.read_text(errors='replace')[-2000:]}")

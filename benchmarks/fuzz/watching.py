"""The servers that are thrown at: are they the same processes, and what did they spend?"""

from __future__ import annotations

from collections.abc import Sequence

import psutil

from kefu.errors import KefuError


class Watched:
    """The processes that listen on some ports, as they were when this was made."""

    def __init__(self, ports: Sequence[int]) -> None:
        self._ports = ports
        self._first = _listening(ports)
        if len(self._first) < len(set(ports)):
            raise KefuError(f"found {len(self._first)} servers on the ports {ports}; wanted one on each")

    def exits(self) -> int:
        """How many of them are gone."""
        return len(self._first.keys() - _listening(self._ports).keys())

    def cpu_seconds(self) -> float:
        """What those that are left have spent so far."""
        return sum(sum(process.cpu_times()[:2]) for process in self._first.values() if process.is_running())


def _listening(ports: Sequence[int]) -> dict[int, psutil.Process]:
    found = {}
    for connection in psutil.net_connections("tcp"):
        here = connection.laddr and connection.laddr.port in ports
        if here and connection.status == psutil.CONN_LISTEN and connection.pid:
            found[connection.pid] = psutil.Process(connection.pid)
    return found

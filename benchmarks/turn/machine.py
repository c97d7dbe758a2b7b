"""What the kernel says of processes: CPU seconds, memory, and which core they may use."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

THREADS = (
    "OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS",
    "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS",
    "TF_INTRA_OP_PARALLELISM_THREADS", "TF_INTER_OP_PARALLELISM_THREADS",
)  # fmt: skip
_TICKS = os.sysconf("SC_CLK_TCK")


def cores() -> tuple[set[int], set[int]]:
    """One core for what is measured, and the others for who asks; the same one where there is no other."""
    allowed = sorted(os.sched_getaffinity(0))
    return {allowed[0]}, set(allowed[1:]) or {allowed[0]}


@contextmanager
def on_other_cores() -> Iterator[None]:
    """Keep this process off the measured core meanwhile."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores()[1])
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def one_thread() -> dict[str, str]:
    """The environment in which libraries compute with one thread and without a GPU."""
    return dict.fromkeys(THREADS, "1") | {"CUDA_VISIBLE_DEVICES": "", "TF_CPP_MIN_LOG_LEVEL": "3"}


def cpu_seconds(group: int) -> float:
    """What the living processes of a process group have used so far."""
    spent = 0
    for pid in members(group):
        fields = _stat(pid)
        spent += int(fields[11]) + int(fields[12]) if fields else 0
    return spent / _TICKS


def members(group: int) -> list[int]:
    """The processes of a process group."""
    found = (
        (int(entry.name), _stat(int(entry.name))) for entry in Path("/proc").iterdir() if entry.name.isdigit()
    )
    return [pid for pid, fields in found if fields and int(fields[2]) == group]


def rss_mb(group: int) -> float:
    """Resident memory of a process group."""
    return round(sum(_status_kb(pid, "VmRSS") for pid in members(group)) / 1024, 1)


def pause(groups: Iterable[int]) -> None:
    """Stop process groups where they are."""
    for group in groups:
        os.killpg(group, signal.SIGSTOP)


def go_on(groups: Iterable[int]) -> None:
    """Let stopped process groups run again."""
    for group in groups:
        os.killpg(group, signal.SIGCONT)


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat from the state on; empty where it has gone."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return []
    return text.rpartition(")")[2].split()


def _status_kb(pid: int, name: str) -> int:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith(f"{name}:")), 0)

"""Texts in a file, read in place: a million of them cost no memory until they are looked at."""

from __future__ import annotations

import mmap
from array import array
from pathlib import Path

import numpy as np


class TextColumn:
    """Texts by number, memory-mapped. ``name`` stands for two files, ``name.txt`` and ``name.npy``."""

    def __init__(self, data: bytes | mmap.mmap, ends: np.ndarray) -> None:
        self._data = data
        self._ends = ends

    @classmethod
    def open(cls, folder: Path, name: str) -> TextColumn:
        """The column called ``name`` in ``folder``."""
        ends = np.asarray(np.load(folder / f"{name}.npy", mmap_mode="r"))
        with (folder / f"{name}.txt").open("rb") as stream:
            whole = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) if len(ends) and ends[-1] else b""
        return cls(whole, ends)

    def __len__(self) -> int:
        return len(self._ends)

    def __getitem__(self, number: int) -> str:
        start = int(self._ends[number - 1]) if number else 0
        return self._data[start : int(self._ends[number])].decode("utf-8")


class TextWriter:
    """Writes a column, behind what stands there already."""

    def __init__(self, folder: Path, name: str) -> None:
        self._ends_file = folder / f"{name}.npy"
        known = np.load(self._ends_file) if self._ends_file.is_file() else np.zeros(0, dtype=np.int64)
        self._ends = array("q", known.tolist())
        self._stream = (folder / f"{name}.txt").open("ab")

    def __len__(self) -> int:
        return len(self._ends)

    def add(self, text: str) -> None:
        """Put ``text`` behind the last one."""
        written = self._stream.write(text.encode("utf-8", "replace"))
        self._ends.append((self._ends[-1] if self._ends else 0) + written)

    def save(self) -> None:
        """Make the file whole; more can be added afterwards."""
        self._stream.flush()
        np.save(self._ends_file, np.array(self._ends, dtype=np.int64))

    def close(self) -> None:
        """Save, and give the file back."""
        self.save()
        self._stream.close()

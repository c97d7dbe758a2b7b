"""Vectors row by row in a file, as float16: what decides among the near neighbours that int8 blurs."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from kefu.errors import ModelError
from kefu.knowledge.views import unit_rows

_NUMBER = np.dtype("<f2")


class FineRows:
    """Unit vectors (rows, ``width``) in a file, read where they are wanted. Safe between threads.

    The file is read, never mapped: what was read stays in the system's cache and not in the process.
    """

    def __init__(self, file: Path, *, width: int, mode: str) -> None:
        self._stream = file.open(mode, buffering=0)  # closed with the last who searches it
        self._file, self._bytes = file, width * _NUMBER.itemsize

    @classmethod
    def new(cls, file: Path, *, width: int) -> FineRows:
        """An empty file, to be written."""
        return cls(file, width=width, mode="wb+")

    @classmethod
    def open(cls, file: Path, *, width: int, view: bool = True) -> FineRows:
        """A written file; with ``view=False`` one that can be changed.

        Raises:
            ModelError: there is none, or it does not hold whole rows of this width.
        """
        try:
            found = cls(file, width=width, mode="rb" if view else "rb+")
        except OSError as error:
            raise ModelError(f"{file} cannot be read ({error}); the index has to be built anew") from error
        size = file.stat().st_size
        if size % found._bytes:
            raise ModelError(
                f"{file} has {size:,} bytes; wanted whole rows of {found._bytes}; "
                "the index has to be built anew"
            )
        return found

    def write(self, rows: np.ndarray, vectors: np.ndarray) -> None:
        """Put ``vectors`` (n, width) of any length but zero at ``rows`` (n,)."""
        known = unit_rows(vectors).astype(_NUMBER)
        for row, vector in zip(np.asarray(rows).tolist(), known, strict=True):
            os.pwrite(self._stream.fileno(), vector.tobytes(), row * self._bytes)

    def cosines(self, rows: np.ndarray, vector: np.ndarray) -> np.ndarray:
        """The cosines (n,) of the unit ``vector`` with those at ``rows``; ModelError beyond the end."""
        if not len(rows):
            return np.zeros(0, dtype=np.float32)
        read = [os.pread(self._stream.fileno(), self._bytes, row * self._bytes) for row in rows.tolist()]
        if any(len(one) < self._bytes for one in read):
            raise ModelError(f"{self._file} ends before row {rows.max()}; the index has to be built anew")
        kept = np.frombuffer(b"".join(read), dtype=_NUMBER).reshape(len(read), -1)
        return np.asarray(unit_rows(kept.astype(np.float32)) @ vector.astype(np.float32))

"""CSV files with a header, each value read with its type; every problem names file, line and column."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone, tzinfo
from decimal import Decimal, InvalidOperation
from pathlib import Path
from textwrap import shorten
from typing import NoReturn

from kefu.errors import SeedError

_MINOR_UNITS = 100  # the store keeps every amount in hundredths
_MOST_DAYS = 36_500
_BOOLEANS = {"yes": True, "no": False}


@dataclass(frozen=True)
class Moments:
    """Days before and after the moment of loading, by the shop's clock."""

    now: datetime
    zone: tzinfo

    def after(self, days: float) -> datetime:
        """The same time of day ``days`` later (earlier where negative) in shop time, in UTC."""
        local = self.now.astimezone(self.zone).replace(fold=0)
        return (local + timedelta(days=days)).astimezone(timezone.utc)


@dataclass(frozen=True)
class Row:
    """One row of a file; empty cells are None."""

    file: Path
    number: int  # the line it ends on, as an editor counts
    cells: Mapping[str, str | None]

    def refuse(self, column: str, wanted: str) -> NoReturn:
        """Raise the SeedError that says what stands there and what was wanted."""
        value = self.cells[column]
        found = "nothing" if value is None else repr(shorten(value, 80, placeholder=" …"))
        raise SeedError(f"{self.file}, line {self.number}, column {column}: found {found}; wanted {wanted}")

    def optional(self, column: str) -> str | None:
        """The text, or None."""
        return self.cells[column]

    def text(self, column: str) -> str:
        """The text; refuses an empty cell."""
        return self.cells[column] or self.refuse(column, "a value")

    def choice(self, column: str, known: Sequence[str]) -> str:
        """One of ``known``."""
        value = self.cells[column] or ""
        return value if value in known else self.refuse(column, "one of " + ", ".join(known))

    def whole(self, column: str, *, least: int = 0, most: int = 1_000_000_000) -> int:
        """A whole number."""
        value = self.cells[column] or ""
        if re.fullmatch(r"\d{1,10}", value, re.ASCII) and least <= int(value) <= most:
            return int(value)
        self.refuse(column, f"a whole number from {least} to {most}")

    def optional_whole(self, column: str, *, most: int = 1_000_000_000) -> int | None:
        """A whole number, or None."""
        return None if self.cells[column] is None else self.whole(column, most=most)

    def flag(self, column: str) -> bool | None:
        """``yes`` or ``no``, or None."""
        value = self.cells[column]
        return None if value is None else _BOOLEANS[self.choice(column, tuple(_BOOLEANS))]

    def money(self, column: str) -> int:
        """An amount with at most two decimals, as hundredths."""
        value = self.cells[column] or ""
        minor = Decimal(value) * _MINOR_UNITS if re.fullmatch(r"\d{1,12}(\.\d+)?", value, re.ASCII) else None
        if minor is None or minor != int(minor):
            self.refuse(column, "an amount like 79.00")
        return int(minor)

    def moment(self, column: str, moments: Moments, *, sign: int = 1) -> datetime | None:
        """The instant that many days from the moment of loading (``sign`` -1: before it), or None."""
        value = self.cells[column]
        if value is None:
            return None
        try:
            days = Decimal(value)
        except InvalidOperation:
            days = Decimal("NaN")
        if not days.is_finite() or abs(days) > _MOST_DAYS:
            self.refuse(column, "a number of days")
        return moments.after(float(days) * sign)


def read_table(
    file: Path, columns: Sequence[str], *, key: Callable[[Row], object], optional: Sequence[str] = ()
) -> list[Row]:
    """The rows of a CSV file with these columns, ``optional`` ones None throughout where absent.

    Raises:
        SeedError: the file is missing or unreadable, a column is missing or unknown, a row is
            too short or too long, or two rows have the same ``key``.
    """
    rows = list(_rows(file, columns, optional))
    seen: dict[object, int] = {}
    for row in rows:
        before = seen.setdefault(key(row), row.number)
        if before != row.number:
            row.refuse(columns[0], f"another value than in line {before}: it may stand once")
    return rows


def _rows(file: Path, columns: Sequence[str], optional: Sequence[str]) -> Iterator[Row]:
    try:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.reader(stream, strict=True)
            header = [name.strip() for name in next(reader, [])]
            _check_header(file, header, columns, optional)
            for cells in reader:
                if cells:
                    yield _row(file, reader.line_num, header, cells, optional)
    except FileNotFoundError as error:
        raise SeedError(f"found no {file}; wanted CSV with the columns {', '.join(columns)}") from error
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise SeedError(f"{file} cannot be read: {error}; wanted CSV in UTF-8") from error


def _check_header(file: Path, header: Sequence[str], columns: Sequence[str], optional: Sequence[str]) -> None:
    known = ", ".join((*columns, *optional))
    for name in header:
        if name not in columns and name not in optional:
            raise SeedError(f"{file}, line 1: found the column {name!r}; the known columns are {known}")
        if header.count(name) > 1:
            raise SeedError(f"{file}, line 1: found the column {name!r} twice; wanted it once")
    for name in columns:
        if name not in header:
            raise SeedError(f"{file}, line 1: found no column {name!r}; wanted {known}")


def _row(
    file: Path, number: int, header: Sequence[str], cells: Sequence[str], optional: Sequence[str]
) -> Row:
    if len(cells) != len(header):
        raise SeedError(f"{file}, line {number}: found {len(cells)} cells; wanted {len(header)} as in line 1")
    values = {name: cell.strip() or None for name, cell in zip(header, cells, strict=True)}
    return Row(file, number, {**dict.fromkeys(optional), **values})

"""What a command prints: the wire's JSON, or a table for whoever reads along."""

from __future__ import annotations

import codecs
import io
import json
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Literal, TextIO, TypeVar

T = TypeVar("T")

Format = Literal["table", "json"]


@dataclass(frozen=True)
class Section:
    """Be a part of what is shown of one thing: names and values, under a title."""

    title: str
    values: Mapping[str, object]


class Output:
    """Print results to ``stdout`` in one format, and everything else to ``stderr``.

    Args:
        form: ``json`` keeps everything off stdout that is not one JSON value.
        stdout: Where results go.
        stderr: Where progress, errors and hints go.
    """

    def __init__(self, form: Format, *, stdout: TextIO | None = None, stderr: TextIO | None = None) -> None:
        self.format = form
        self._stdout = _willing(stdout or sys.stdout)
        self._stderr = _willing(stderr or sys.stderr)

    def table(self, things: Iterable[T], row: Callable[[T], Mapping[str, object]], *, nothing: str) -> None:
        """Print a list: an array in JSON, else a table, or the sentence ``nothing`` where it is empty.

        Args:
            things: What to list.
            row: Gives a thing's cells by the titles of their columns, the same for all.
            nothing: Said where there is nothing to list.
        """
        if self.format == "json":
            self.json(list(things))
            return
        rows = [{title: shown(value) for title, value in row(thing).items()} for thing in things]
        if rows:
            self._print_rows(list(rows[0]), [list(cells.values()) for cells in rows])
        else:
            self.note(nothing)

    def sections(self, thing: object, sections: Iterable[Section]) -> None:
        """Print one thing: itself in JSON, else its sections."""
        if self.format == "json":
            self.json(thing)
            return
        for number, section in enumerate(section for section in sections if section.values):
            self._write("" if number == 0 else "\n")
            self._print_pairs(section.title, {name: shown(value) for name, value in section.values.items()})

    def json(self, value: object) -> None:
        """Print a value as JSON, whatever the format."""
        import msgspec

        self._write(msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n")

    def raw_json(self, text: bytes, *, indent: int) -> None:
        """Print JSON that came from elsewhere, with its numbers as they were written there."""
        import msgspec

        self.text(msgspec.json.format(text, indent=indent).decode())

    def text(self, text: str) -> None:
        """Print text that is a result by itself."""
        self._write(text if text.endswith("\n") else text + "\n")

    def binary(self, content: bytes) -> None:
        """Print bytes that are a result by themselves."""
        self._stdout.flush()
        self._stdout.buffer.write(content)
        self._stdout.buffer.flush()

    def done(self, thing: object, sentence: str) -> None:
        """Print that a command did what it should: the thing as it is now in JSON, else a sentence."""
        if self.format == "json":
            self.json(thing)
        else:
            self.text(sentence)

    def note(self, line: str) -> None:
        """Print a line beside the result: progress, a warning."""
        self._stderr.write(line + "\n")
        self._stderr.flush()

    def failure(self, *, error: str, hint: str) -> None:
        """Print what was wrong and what to do."""
        self._stderr.write(f"error: {error}\n" + (f"hint: {hint}\n" if hint else ""))
        self._stderr.flush()

    def _print_rows(self, titles: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        if not self._stdout.isatty():
            self._write(aligned([titles, *rows]))
            return
        from rich.cells import cell_len, set_cell_size
        from rich.console import Console
        from rich.text import Text

        lines = [titles, *([_on_one_line(cell) for cell in row] for row in rows)]
        widths = [max(map(cell_len, column)) for column in zip(*lines, strict=True)]
        console = Console(file=self._stdout, highlight=False)
        for cells in lines:
            line = Text(style="bold" if cells is titles else "")
            for cell, width in zip(cells[:-1], widths, strict=False):
                line.append(set_cell_size(cell, width), _STYLES.get(cell)).append("  ")
            # What does not fit goes on in the next line: an OCID can still be marked and copied whole.
            console.print(line.append(cells[-1], _STYLES.get(cells[-1])), soft_wrap=True)

    def _print_pairs(self, title: str, values: Mapping[str, str]) -> None:
        width = max(len(name) for name in values)
        lines = [f"{title}"]
        for name, value in values.items():
            first, *more = value.splitlines() or [""]
            lines.append(f"  {name:<{width}}  {first}".rstrip())
            lines += [f"  {'':<{width}}  {line}".rstrip() for line in more]
        if not self._stdout.isatty():
            self._write("\n".join(lines) + "\n")
            return
        from rich.console import Console
        from rich.text import Text

        console = Console(file=self._stdout, highlight=False)
        console.print(Text(lines[0], style="bold"))
        for line in lines[1:]:
            console.print(Text(line), soft_wrap=True)

    def _write(self, text: str) -> None:
        self._stdout.write(text)
        self._stdout.flush()


def by_name(pairs: Iterable[tuple[str, str]]) -> dict[str, object]:
    """Return the values of a section from names that several may have: each then has a line below the others."""
    found: dict[str, object] = {}
    for name, value in pairs:
        found[name] = f"{found[name]}\n{value}" if name in found else value
    return found


_CONTROL = {code: f"\\x{code:02x}" for code in (*range(32), *range(127, 160)) if chr(code) not in "\t\n\r"}
"""What moves a terminal's cursor, and whatever else it does, where somebody else has chosen a name."""

_SPELLED = "modelyard.spelled"


def _spelled(error: UnicodeError) -> tuple[str, int]:
    """Spell letters out that an encoding does not have, as JSON does: what is printed stays JSON."""
    assert isinstance(error, UnicodeEncodeError)
    return json.dumps(error.object[error.start : error.end])[1:-1], error.end


codecs.register_error(_SPELLED, _spelled)


def _willing(stream: TextIO | None) -> TextIO:
    """Return a stream that takes any text: what was done is done, and may not fail for a letter, or a closed stream."""
    if stream is None:  # as Python has it where the caller closed it
        return io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors=_SPELLED)
    return stream


_STYLES = {
    "ACTIVE": "green",
    "SUCCEEDED": "green",
    "Passed": "green",
    "FAILED": "red",
    "Failed": "red",
    "NEEDS_ATTENTION": "yellow",
    "CREATING": "cyan",
    "UPDATING": "cyan",
    "DELETING": "cyan",
    "IN_PROGRESS": "cyan",
}


def shown(value: object) -> str:
    """Return a value as people read it."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.astimezone(timezone.utc).strftime("%Y-%m-%d %H:%M:%S UTC")
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, list | tuple):
        return ", ".join(shown(one) for one in value)
    return str(value).translate(_CONTROL)


def _on_one_line(cell: str) -> str:
    return re.sub(r"[\t\n\r]+", " ", cell)


def aligned(rows: Sequence[Sequence[str]]) -> str:
    """Return rows as text with a column's cells below each other."""
    cells = [[_on_one_line(cell) for cell in row] for row in rows]
    widths = [max(len(row[place]) for row in cells) for place in range(len(cells[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells]
    return "\n".join(lines) + "\n"


def size(count: int) -> str:
    """Return a number of bytes as people read it."""
    amount = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 1000 or unit == "GB":
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1000
    raise AssertionError

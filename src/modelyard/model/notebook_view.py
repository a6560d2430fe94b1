"""What a notebook shows of an object: its facts and a table, as HTML that needs no style sheet and no script."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

_CELL = "padding:2px 10px;text-align:left;vertical-align:top"
_PAGE = "white-space:pre-wrap;text-align:left;margin:0"
_COLOURS = {
    "Done": "#1a7f37",
    "ACTIVE": "#1a7f37",
    "Available": "#0969da",
    "Needs Action": "#bc4c00",
    "Failed": "#cf222e",
    "FAILED": "#cf222e",
}
_SHORT = 100


def view(title: str, facts: Mapping[str, object], table: str = "") -> str:
    """Return a title, a list of facts without those that are not known, and a table below.

    Args:
        title: What the object is.
        facts: What is known of it, by name.
        table: HTML from :func:`table_of`.
    """
    from html import escape

    known = {name: value for name, value in facts.items() if value not in (None, "", {}, [])}
    lines = "".join(
        f'<tr><td style="{_CELL};opacity:.7">{escape(name)}</td>{_cell(value)}</tr>' for name, value in known.items()
    )
    return f"<div><strong>{escape(title)}</strong><table>{lines}</table>{table}</div>"


def table_of(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table; words that are states have an edge in the colour that says whether all is well."""
    from html import escape

    head = "".join(f'<th style="{_CELL}">{escape(name)}</th>' for name in columns)
    body = "".join(f"<tr>{''.join(_cell(value) for value in row)}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _cell(value: object) -> str:
    from html import escape

    text = "" if value is None else str(value)
    # The colour is beside the word, which keeps the notebook's own: it can be read on light and on dark.
    colour = _COLOURS.get(text)
    style = f"{_CELL};border-left:4px solid {colour};font-weight:600" if colour else _CELL
    told = _folded(value) if isinstance(value, Mapping | list | tuple) and len(text) > _SHORT else escape(text)
    return f'<td style="{style}">{told}</td>'


def _folded(value: object) -> str:
    """Return what would fill the page as a line that opens."""
    import json
    from html import escape

    text = json.dumps(value, indent=2, default=str, ensure_ascii=False)
    names = ", ".join(map(str, value)) if isinstance(value, Mapping) else f"{len(text.splitlines())} lines"
    summary = names if len(names) <= _SHORT else f"{names[: _SHORT - 1]}…"
    return f'<details><summary>{escape(summary)}</summary><pre style="{_PAGE}">{escape(text)}</pre></details>'

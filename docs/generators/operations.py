"""The page that holds the route table against what the official clients can ask for."""

from __future__ import annotations

from itertools import groupby

from generators import official
from generators.markdown import table
from generators.official import Official, without_names
from generators.rest import route_table

HEAD = """\
# The official clients' operations

What the methods of the official `oci` clients ask for, and whether there is an operation here that answers. Each `yes`
is called by the tests with the unmodified client. Whatever is not here is answered with 404 `NotFound`, or with 405
`MethodNotAllowed` where the path is there for another method; both say so in a sentence. What each operation takes and
answers: [rest.md](rest.md).
"""


def page() -> str:
    """Return the page."""
    here = {(row.method, without_names(row.base_path + row.path)) for row in route_table()}
    parts = [HEAD.strip()]
    for service, group in groupby(official.operations(), lambda row: row.service):
        rows = list(group)
        wanted = [row for row in rows if not row.excluded]
        answered = [row for row in wanted if (row.method, row.path) in here]
        cells = ((f"`{row.name}`", f"`{row.method} {row.path}`", "yes" if row in answered else "no") for row in wanted)
        count = f"{len(answered)} of {len(wanted)}"
        parts += [f"## {service}", f"{count} are here.", table(("operation", "request", "here"), cells)]
        parts += _excluded(rows)
    return "\n\n".join(parts)


def _excluded(rows: list[Official]) -> list[str]:
    topics: dict[str, list[str]] = {}
    for row in rows:
        if row.excluded:
            topics.setdefault(row.excluded, []).append(row.name)
    if not topics:
        return []
    lines = [f"- {topic}: {_names(names)}" for topic, names in topics.items()]
    return ["Not part of modelyard:", "\n".join(lines)]


def _names(names: list[str]) -> str:
    return f"{len(names)} operations" if len(names) > 40 else ", ".join(f"`{name}`" for name in names)

"""Every link inside the documentation leads somewhere."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
_CODE = re.compile(r"^```.*?^```$|`[^`\n]*`", re.MULTILINE | re.DOTALL)


def anchors_of(path: Path) -> set[str]:
    """Return the anchors that a page's headings make."""
    headings = re.findall(r"^#+ +(.*)$", path.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.replace("`", "").lower()).replace(" ", "-") for heading in headings}


def test_every_internal_link_resolves(page: Any) -> None:
    broken = []
    for target in _LINK.findall(_CODE.sub(lambda code: "" if "\n" in code[0] else "x", page.text)):
        if target.startswith(("http://", "https://", "mailto:")):
            continue
        name, _, anchor = target.partition("#")
        path = page.path.parent / name if name else page.path
        if not path.exists() or (anchor and anchor not in anchors_of(path)):
            broken.append(target)
    assert broken == []


def test_every_page_can_be_reached_from_the_readme(root: Path) -> None:
    reached: set[Path] = set()
    todo = [root / "README.md"]
    while todo:
        page = todo.pop()
        reached.add(page)
        links = (page.parent / target.partition("#")[0] for target in _LINK.findall(page.read_text("utf-8")))
        todo += [path.resolve() for path in links if path.suffix == ".md" and path.resolve() not in reached]
    assert {path for path in (root / "docs").rglob("*.md") if path not in reached} == set()

"""The pages of the documentation, and what is in them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """A block of code in a page."""

    language: str
    code: str
    line: int
    """The line of the page that its first line is on."""


@dataclass(frozen=True)
class Page:
    """A page of the documentation."""

    path: Path

    @property
    def name(self) -> str:
        return str(self.path.relative_to(ROOT))

    @property
    def text(self) -> str:
        return self.path.read_text("utf-8")

    def blocks(self, language: str) -> list[Block]:
        """The blocks of a language, in order."""
        return [
            Block(found[1], found[2], self.text.count("\n", 0, found.start()) + 2)
            for found in _BLOCK.finditer(self.text)
            if found[1] == language
        ]


def _pages() -> list[Page]:
    paths = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
    return [Page(path) for path in paths]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that takes a page for each of them: all, those with Python to run, or those with shell lines."""
    wanted = {"page": "", "python_page": "python", "shell_page": "sh"}
    for fixture, language in wanted.items():
        if fixture in metafunc.fixturenames:
            written = [page for page in _pages() if not page.name.startswith("docs/reference") or not language]
            found = [page for page in written if not language or page.blocks(language)]
            metafunc.parametrize(fixture, found, ids=[page.name for page in found])


@pytest.fixture(scope="session")
def everything() -> str:
    """The text of every page."""
    return "\n".join(page.text for page in _pages())


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository."""
    return ROOT

"""``.model-ignore``: which files of a folder stay out of its archive; matched inside the artifact alone."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from modelyard.artifact.layout import MODEL_IGNORE
from modelyard.errors import ArtifactError

DEFAULT_TEXT = """\
# What stays out of the artifact when it is saved. One pattern a line, as in .gitignore:
# a trailing / means folders only, a leading / means this folder only, ! takes a file back in.
__pycache__/
*.py[cod]
.git/
.ipynb_checkpoints/
.mypy_cache/
.pytest_cache/
.ruff_cache/
.venv/
venv/
.env
.DS_Store
"""


@dataclass(frozen=True)
class Rule:
    """Be one line of an ignore file."""

    pattern: str
    regex: re.Pattern[str]
    folders_only: bool
    takes_back: bool


@dataclass(frozen=True)
class IgnoreRules:
    """Be the lines of an ignore file; the last one that fits a name decides."""

    rules: tuple[Rule, ...] = ()

    def match_file(self, name: str) -> str | None:
        """Return the pattern that leaves a file out; None where the file stays. Names are relative, with ``/``."""
        return self._match(name, [rule for rule in self.rules if not rule.folders_only])

    def match_folder(self, name: str) -> str | None:
        """Return the pattern that leaves a folder and all below it out; None where it stays."""
        return self._match(name, self.rules)

    @staticmethod
    def _match(name: str, rules: Iterable[Rule]) -> str | None:
        decided = None
        for rule in rules:
            if rule.regex.fullmatch(name):
                decided = None if rule.takes_back else rule.pattern
        return decided


def read_rules(folder: Path) -> IgnoreRules:
    """Return the rules of a folder's .model-ignore; none where it has no such file."""
    file = folder / MODEL_IGNORE
    if not file.is_file():
        return IgnoreRules()
    try:
        return parse_rules(file.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError as error:
        raise ArtifactError(f"{file} is not UTF-8 (byte {error.start}).") from None


def parse_rules(text: str) -> IgnoreRules:
    """Return the rules that a text in the manner of .gitignore states."""
    lines = (line.rstrip() for line in text.splitlines())
    return IgnoreRules(tuple(_rule(line) for line in lines if line.strip("/!") and not line.startswith("#")))


def _rule(line: str) -> Rule:
    body = line.removeprefix("!")
    if body.startswith(("\\#", "\\!")):
        body = body[1:]
    path = body.rstrip("/")
    anchored = "/" in path
    regex = _regex(path.lstrip("/"))
    prefix = "" if anchored else "(?:.*/)?"
    try:
        compiled = re.compile(prefix + regex, re.DOTALL)
    except re.error as error:
        raise ArtifactError(f"{MODEL_IGNORE} has the pattern {line!r}, which cannot be read: {error}.") from None
    return Rule(pattern=line, regex=compiled, folders_only=body.endswith("/"), takes_back=line.startswith("!"))


_PIECE = re.compile(r"\*\*/|/\*\*\Z|\*+|\?|\[!?\]?[^\]/]*\]|\\.|.", re.DOTALL)


def _regex(pattern: str) -> str:
    return "".join(_translated(piece) for piece in _PIECE.findall(pattern))


def _translated(piece: str) -> str:
    if piece == "**/":
        return "(?:.*/)?"
    if piece == "/**":
        return "/.*"
    if piece.startswith("*"):
        return "[^/]*"
    if piece == "?":
        return "[^/]"
    if piece.startswith("[") and len(piece) > 1:
        inside = piece[1:-1].replace("\\", "\\\\").replace("[", "\\[")
        return f"(?!/)[{'^' + inside[1:] if inside.startswith('!') else inside}]"
    return re.escape(piece[-1])

"""Introspect an artifact: run the tests, keep what they say, show it as rows."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from modelyard.artifact import layout
from modelyard.artifact import model_artifact_validate as rules

PASSED, FAILED, SKIPPED = "Passed", "Failed", "Skipped"
COLUMNS = ("Test key", "Test name", "Result", "Message")


@dataclass(frozen=True)
class Finding:
    """Be one test and, once it has run, its result."""

    key: str
    category: str
    description: str
    message: str
    status: str
    """``Passed``, ``Failed`` or ``Skipped``."""

    @property
    def is_warning(self) -> bool:
        """Tell whether the test was skipped for a reason that the user should read."""
        return self.status == SKIPPED and bool(self.message)


@dataclass(frozen=True)
class Introspection:
    """Be the results of all tests, in the order in which they ran."""

    tests: tuple[Finding, ...]
    report: Mapping[str, object]
    """What test_json_output.json holds: a mapping of test keys to mappings."""

    @property
    def failures(self) -> int:
        """Count the tests that failed."""
        return sum(test.status == FAILED for test in self.tests)

    @property
    def status(self) -> str:
        """Return ``Failed`` when a test failed, ``Skipped`` before any ran, else ``Passed``; warnings fail nothing."""
        words = {test.status for test in self.tests}
        return FAILED if FAILED in words else PASSED if PASSED in words else SKIPPED

    def to_rows(self) -> list[tuple[str, str, str, str]]:
        """Return rows under COLUMNS, sorted by key."""
        rows = ((test.key, test.description, test.status, test.message) for test in self.tests)
        return sorted(rows, key=lambda row: row[:2])

    def to_json(self) -> str:
        """Return the text of test_json_output.json."""
        return json.dumps(self.report, indent=4)


def untested() -> Introspection:
    """Return the tests before they ran."""
    return _introspection(rules.untested())


def introspect(artifact: Path) -> Introspection:
    """Run the tests on an artifact, a folder or a zip, without running any of its code or writing anything."""
    return _introspection(rules.validate(rules.Artifact(artifact)))


def write_report(result: Introspection, folder: Path) -> Path:
    """Write test_json_output.json into the artifact's folder and return its path."""
    file = folder / layout.TEST_RESULTS
    text = result.to_json()
    if not file.is_file() or file.read_bytes() != text.encode("utf-8"):  # somebody may archive the folder just now
        file.write_text(text, encoding="utf-8")
    return file


def write_validator(folder: Path) -> Path:
    """Put the script that runs these tests without modelyard into the artifact's folder and return its path."""
    file = folder / layout.VALIDATOR
    file.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(rules.__file__, file)
    return file


def _introspection(report: dict[str, rules.Result]) -> Introspection:
    tests = tuple(
        Finding(
            key=key,
            category=str(row["category"]),
            description=str(row["description"]),
            message=str(row["error_msg"]),
            status=rules.word(row),
        )
        for key, row in report.items()
    )
    return Introspection(tests=tests, report=report)

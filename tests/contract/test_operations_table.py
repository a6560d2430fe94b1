"""Every operation of the official clients that is in scope is here, and was called by them in this very run.

What was called is read from the service's own log, where each answered request stands with the client that sent it: a
test that is taken away, or that no longer gets its answer, leaves its row empty.
"""

from __future__ import annotations

import importlib.util
import json
import re
import urllib.request
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import pytest

HERE = Path(__file__).parent
OFFICIAL = HERE.parents[1] / "docs" / "generators" / "official.py"

_ANSWERED = re.compile(r" ([A-Z]+) (\S+) request_id=\S+ status=[23]\d\d ms=\S+ client=Oracle-PythonSDK/")
_REFUSED = re.compile(r" ([A-Z]+) (\S+) request_id=\S+ fault=Conflict ")

#: what can only be said no to, unless it comes in the one moment that is too short to be met
ALWAYS_TOO_LATE = {"cancel_work_request", "delete_work_request"}


def _official() -> ModuleType:
    """Return what reads the operations off the official clients, for the documentation as for this test."""
    spec = importlib.util.spec_from_file_location("official", OFFICIAL)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


pytest.importorskip("oci")
official = _official()
WANTED = [row for row in official.operations() if not row.excluded]


class Seen(NamedTuple):
    """What this run's tests have asked for: methods and paths."""

    answered: set[tuple[str, str]]
    refused: list[tuple[str, str]]

    def has(self, row: Any) -> bool:
        """Tell whether an operation was asked for, and did what it can do."""
        if row.name in ALWAYS_TOO_LATE:
            pattern = re.escape(row.path).replace(r"\{\}", "[^/]+")
            return any(method == row.method and re.fullmatch(pattern, path) for method, path in self.refused)
        return (row.method, row.path) in self.answered


@pytest.fixture(scope="module")
def seen(service: Any, request: pytest.FixtureRequest) -> Seen:
    """What this run's tests have asked for with the official SDK."""
    ran = {Path(item.path) for item in request.session.items}
    if not ran >= set(HERE.glob("test_*.py")) or request.config.option.keyword:
        pytest.skip("only where all the tests of this folder have run before")
    logs = sorted(service.settings.logs.glob("service*.log*"))
    text = "".join(log.read_text("utf-8", "replace") for log in logs)
    answered = {(method, official.without_names(path)) for method, path in _ANSWERED.findall(text)}
    return Seen(answered, _REFUSED.findall(text))


@pytest.fixture(scope="module")
def routes(service: Any) -> set[tuple[str, str]]:
    """The methods and paths that the running service says it has."""
    with urllib.request.urlopen(f"{service.endpoint}/documents/openapi.json", timeout=30) as answer:
        paths = json.load(answer)["paths"]
    return {(method.upper(), official.without_names(path)) for path, item in paths.items() for method in item}


@pytest.mark.parametrize("row", WANTED, ids=lambda row: f"{row.service}.{row.name}")
def test_an_operation_is_here_and_was_called_with_the_official_client(row: Any, routes, seen: Seen) -> None:
    assert (row.method, row.path) in routes, "there is no such operation"
    assert seen.has(row), "no test of this folder calls it, or none gets an answer"


def test_the_table_has_what_the_system_needs() -> None:
    assert {"create_model", "create_model_artifact", "export_model_artifact", "put_object", "search_logs"} <= {
        row.name for row in WANTED
    }
    assert len(WANTED) > 140

"""Model version sets from the command line."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def name() -> str:
    return f"set-{uuid.uuid4().hex[:8]}"


def test_models_join_a_version_set_and_go_with_it(cli: Any, artifact: Path, name: str) -> None:
    made = cli.json("version-set", "create", name, "--description", "tries")
    assert name in cli.text("version-set", "list")
    first = cli.json("model", "create", artifact, "--version-set", name, "--version-label", "first")
    second = cli.json("model", "create", artifact, MODEL_VERSION_SET_ID=made["id"])
    assert (first["versionId"], first["versionLabel"], second["versionId"]) == (1, "first", 2)
    shown = cli.json("version-set", "show", made["id"])
    assert (shown["description"], [each["id"] for each in shown["models"]]) == ("tries", [first["id"], second["id"]])
    assert f"(first), {first['id']}" in " ".join(cli.text("version-set", "show", name).split())
    said = " ".join(cli.failure("version-set", "delete", name).split())
    assert "still has 2 model(s)" in said
    assert "--with-models" in said
    assert cli.json("version-set", "delete", name, "--with-models")["lifecycleState"] == "DELETED"
    assert cli.json("model", "show", first["id"])["lifecycleState"] == "DELETED"
    assert name not in cli.text("version-set", "list")


def test_a_version_set_that_is_not_there_is_said_and_nothing_saved(cli: Any, artifact: Path, name: str) -> None:
    before = cli.json("model", "list")
    for arguments in (("model", "create", artifact, "--version-set", name), ("version-set", "show", name)):
        assert f"No model version set is called '{name}'" in " ".join(cli.failure(*arguments).split())
    assert cli.json("model", "list") == before


def test_the_ocid_of_something_else_is_refused(cli: Any, model: Any) -> None:
    said = " ".join(cli.failure("version-set", "show", model["id"], status=2).split())
    assert "a model version set is wanted here" in said

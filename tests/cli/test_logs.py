"""The commands of log groups and logs against a real service."""

from __future__ import annotations

import uuid
from typing import Any


def test_logs_are_made_listed_and_searched(cli: Any) -> None:
    name = f"group-{uuid.uuid4()}"
    group = cli.json("log-group", "create", name)["id"]
    assert group in [one["id"] for one in cli.json("log-group", "list")]
    log = cli.json("log", "create", name, "access", "--days", "90")["id"]
    (listed,) = cli.json("log", "list", group)
    assert (listed["id"], listed["retentionDuration"]) == (log, 90)
    assert "access" in cli.text("log", "list", name)
    query = f'search "{listed["compartmentId"]}/{group}/{log}"'
    assert cli.json("log", "search", query) == []
    assert "Nothing fits" in cli.run("log", "search", query).stderr
    assert cli.json("log", "search", f"{query} | summarize count() as entries") == [{"data": {"entries": 0}}]
    assert cli.text("log", "search", f"{query} | summarize count() as entries").split() == ["ENTRIES", "0"]
    done = cli.run("log", "search", "search everything")
    assert done.returncode != 0
    assert "character 8" in done.stderr

"""The stream commands against a real service."""

from __future__ import annotations

import uuid
from typing import Any


def test_a_stream_is_made_filled_read_and_deleted(cli: Any) -> None:
    name = f"orders {uuid.uuid4()}"
    stream = cli.json("stream", "create", name, "--partitions", 2, "--retention", 48)
    assert (stream["name"], stream["partitions"], stream["retentionInHours"]) == (name, 2, 48)
    assert name in cli.text("stream", "list")
    placed = cli.json("stream", "put", name, "[1, 2]", "--key", "k")
    assert placed["offset"] == 0
    assert "offset 1" in cli.text("stream", "put", stream["id"], "-", "--key", "k", stdin="x" * 100)
    shown = cli.text("stream", "get", name)
    assert "[1, 2]" in shown
    assert f"{'x' * 59}…" in shown
    (message,) = cli.json("stream", "get", name, "--limit", 1)
    assert message["partition"] == placed["partition"]
    cli.text("stream", "delete", name)
    assert name not in cli.text("stream", "list")


def test_a_stream_that_is_not_there_is_said_so(cli: Any) -> None:
    assert "No stream is called 'nowhere'" in cli.failure("stream", "get", "nowhere")


def test_a_message_that_is_not_kept_is_said_so(cli: Any) -> None:
    stream = cli.json("stream", "create", f"s {uuid.uuid4()}")
    assert "256" in cli.failure("stream", "put", stream["id"], "1", "--key", "k" * 300, status=2)
    assert "partitions" in cli.failure("stream", "create", "s", "--partitions", 0)

"""The stream commands."""

from __future__ import annotations

import base64
from argparse import Namespace
from typing import TYPE_CHECKING

from modelyard.cli.command import Command, Noun, argument, option
from modelyard.cli.names import stream_id
from modelyard.cli.options import COMPARTMENT
from modelyard.cli.payload import DATA, read_payload
from modelyard.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from modelyard.cli.context import Context
    from modelyard.resources.streaming import Message, StreamSummary

NOUN = Noun(name="stream", summary="Streams: messages that deployments read and write.")

_SHORT = 60


def list_all(context: Context, given: Namespace) -> None:
    """List streams."""
    streams = context.client.list_streams(context.compartment(given.compartment_id), lifecycle_state="ACTIVE")
    context.output.table(streams, _row, nothing="There are no streams: `modelyard stream create NAME` makes one.")


def create(context: Context, given: Namespace) -> None:
    """Create a stream."""
    from modelyard.resources.streaming import CreateStreamDetails

    details = CreateStreamDetails(
        name=given.name,
        partitions=given.partitions,
        compartment_id=context.compartment(given.compartment_id),
        retention_in_hours=given.retention,
    )
    stream = context.client.create_stream(details)
    context.output.done(stream, f"Created stream {stream.name}: {stream.id}")


def put(context: Context, given: Namespace) -> None:
    """Put a message into a stream."""
    from modelyard.resources.streaming import PutMessagesDetails, PutMessagesDetailsEntry

    key = None if given.key is None else base64.b64encode(given.key.encode()).decode("ascii")
    value = base64.b64encode(read_payload(given.data)).decode("ascii")
    details = PutMessagesDetails(messages=[PutMessagesDetailsEntry(key=key, value=value)])
    (placed,) = context.client.put_messages(stream_id(context, given.stream), details).entries
    if placed.error is not None:
        raise UsageError(f"The message was not kept: {placed.error_message}")
    context.output.done(placed, f"Put the message into partition {placed.partition} at offset {placed.offset}.")


def get(context: Context, given: Namespace) -> None:
    """Show the first messages of each partition of a stream."""
    messages = _messages(context, stream_id(context, given.stream), limit=given.limit)
    context.output.table(messages, _message_row, nothing="The stream has no messages: `modelyard stream put` puts one.")


def delete(context: Context, given: Namespace) -> None:
    """Delete a stream."""
    found = stream_id(context, given.stream)
    context.client.delete_stream(found)
    context.output.done(context.client.get_stream(found), f"Deleted stream {given.stream}.")


def _messages(context: Context, stream_id: str, *, limit: int) -> Iterator[Message]:
    from modelyard.resources.streaming import CreateCursorDetails

    for number in range(context.client.get_stream(stream_id).partitions):
        cursor = context.client.create_cursor(
            stream_id, CreateCursorDetails(partition=str(number), type="TRIM_HORIZON")
        )
        yield from context.client.get_messages(stream_id, cursor, limit=limit).messages


def _row(stream: StreamSummary) -> dict[str, object]:
    return {
        "NAME": stream.name,
        "PARTITIONS": stream.partitions,
        "STATE": stream.lifecycle_state,
        "CREATED": stream.time_created,
        "OCID": stream.id,
    }


def _message_row(message: Message) -> dict[str, object]:
    return {
        "PARTITION": message.partition,
        "OFFSET": message.offset,
        "TIME": message.timestamp,
        "KEY": None if message.key is None else _text(message.key),
        "VALUE": _text(message.value),
    }


def _text(encoded: str) -> str:
    """Return what people can read of a key or value, and no more than fits a line."""
    text = base64.b64decode(encoded).decode("utf-8", "replace")
    return text if len(text) <= _SHORT else f"{text[: _SHORT - 1]}…"


_STREAM = argument("stream", about="The stream's name or OCID.")

COMMANDS = (
    Command(
        path=("stream", "list"),
        summary="List the streams, the newest first.",
        example="modelyard stream list",
        run=list_all,
        arguments=(COMPARTMENT,),
    ),
    Command(
        path=("stream", "create"),
        summary="Create a stream.",
        example="modelyard stream create orders --partitions 2",
        run=create,
        arguments=(
            argument("name", about="What it is called."),
            option("--partitions", metavar="COUNT", convert=int, default=1, about="How many partitions it has (1)."),
            option("--retention", metavar="HOURS", convert=int, about="How long it keeps messages: 24 to 168 (24)."),
            COMPARTMENT,
        ),
    ),
    Command(
        path=("stream", "put"),
        summary="Put a message into a stream.",
        example="modelyard stream put orders '[5.1, 3.5, 1.4, 0.2]' --key 'customer 7'",
        run=put,
        arguments=(_STREAM, DATA, option("--key", about="Messages with one key stay in their order.")),
    ),
    Command(
        path=("stream", "get"),
        summary="Show the oldest messages of each partition of a stream.",
        example="modelyard stream get scores --limit 5",
        run=get,
        arguments=(
            _STREAM,
            option("--limit", metavar="COUNT", convert=int, default=20, about="How many of each partition (20)."),
        ),
    ),
    Command(
        path=("stream", "delete"),
        summary="Delete a stream with its messages.",
        example="modelyard stream delete orders",
        run=delete,
        arguments=(_STREAM,),
    ),
)

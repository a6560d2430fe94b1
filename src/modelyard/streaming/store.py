"""The tables of streams."""

from __future__ import annotations

import sqlalchemy as sa

from modelyard.database.engine import metadata
from modelyard.database.records import Records, record_table
from modelyard.resources.streaming import Stream, StreamPool

pools = Records(
    record_table("stream_pools", "compartment_id", "name", "lifecycle_state", sorts=("time_created", "name")),
    StreamPool,
)

streams = Records(
    record_table(
        "streams", "compartment_id", "stream_pool_id", "name", "lifecycle_state", sorts=("time_created", "name")
    ),
    Stream,
)
sa.Index("ix_streams_pool", streams.table.c.stream_pool_id, streams.table.c.time_created, streams.table.c.id)

partitions = sa.Table(
    "stream_partitions",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, comment="short, since every message has it"),
    sa.Column("stream_id", sa.Text, sa.ForeignKey("streams.id"), nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("next_offset", sa.BigInteger, nullable=False),
    sa.Column("last_time", sa.BigInteger, nullable=False, comment="of the last message: times never run back"),
    sa.UniqueConstraint("stream_id", "number"),
)

messages = sa.Table(
    "stream_messages",
    metadata,
    sa.Column("partition_id", sa.Integer, sa.ForeignKey("stream_partitions.id"), primary_key=True),
    sa.Column("offset", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("time", sa.BigInteger, nullable=False),
    sa.Column("key", sa.LargeBinary),
    sa.Column("value", sa.LargeBinary, nullable=False),
)

groups = sa.Table(
    "stream_groups",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("stream_id", sa.Text, sa.ForeignKey("streams.id"), nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.UniqueConstraint("stream_id", "name"),
)

instances = sa.Table(
    "stream_group_instances",
    metadata,
    sa.Column("group_id", sa.Integer, sa.ForeignKey("stream_groups.id"), primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("reserved_until", sa.BigInteger, nullable=False, comment="of all that it has reserved"),
)

reservations = sa.Table(
    "stream_group_partitions",
    metadata,
    sa.Column("group_id", sa.Integer, sa.ForeignKey("stream_groups.id"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("position", sa.BigInteger, nullable=False, comment="the offset to read next"),
    sa.Column("committed", sa.BigInteger, comment="the last offset that was committed, if one was"),
    sa.Column("instance", sa.Text),
    sa.Column("epoch", sa.Integer, nullable=False, comment="counts reservations: older cursors say nothing more"),
)

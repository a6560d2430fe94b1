"""The REST operations of groups."""

from __future__ import annotations

from typing import Annotated

import msgspec

from modelyard.resources.noun import Noun
from modelyard.resources.streaming import CreateGroupCursorDetails, Cursor, Group, UpdateGroupDetails
from modelyard.streaming import cursors, groups
from modelyard.wire.operation import Call, Reply, operation
from modelyard.wire.replies import nothing

_ONE = "/streams/{stream_id}/groups/{group_name:path}"  # a name may have slashes


class AtCursor(Noun, frozen=True, kw_only=True):
    """Be the cursor of an instance."""

    cursor: Annotated[str, msgspec.Meta(max_length=cursors.LONGEST)]


class Groups:
    """Answer for groups."""

    def __init__(self, service: groups.Groups) -> None:
        self._groups = service

    @operation("POST", "/streams/{stream_id}/groupCursors", request=CreateGroupCursorDetails, response=Cursor)
    def create_group_cursor(self, call: Call) -> Reply:
        """Create the cursor of an instance in a group, and the group where it is new."""
        return Reply(body=Cursor(value=self._groups.cursor(_id(call), call.body_as(CreateGroupCursorDetails))))

    @operation("POST", "/streams/{stream_id}/commit", query=AtCursor, response=Cursor)
    def consumer_commit(self, call: Call) -> Reply:
        """Commit all that was read before a cursor of a group."""
        return Reply(body=Cursor(value=self._groups.commit(_id(call), call.query_as(AtCursor).cursor)))

    @operation("POST", "/streams/{stream_id}/heartbeat", query=AtCursor, response=Cursor)
    def consumer_heartbeat(self, call: Call) -> Reply:
        """Keep the partitions that an instance of a group has reserved."""
        return Reply(body=Cursor(value=self._groups.heartbeat(_id(call), call.query_as(AtCursor).cursor)))

    @operation("GET", _ONE, response=Group)
    def get_group(self, call: Call) -> Reply:
        """Get how far a group has come, and who reads in it."""
        return Reply(body=self._groups.get(_id(call), call.path["group_name"]))

    @operation("PUT", _ONE, request=UpdateGroupDetails, status=204)
    def update_group(self, call: Call) -> Reply:
        """Let a group read on from elsewhere."""
        self._groups.update(_id(call), call.path["group_name"], call.body_as(UpdateGroupDetails))
        return nothing()


def _id(call: Call) -> str:
    return call.path["stream_id"]

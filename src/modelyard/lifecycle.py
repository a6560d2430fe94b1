"""States and legal moves of every resource: tables only.

A table maps what a caller asks for (a verb) to the states it may be asked in, and the state that follows at once.
What the reconciler does later (CREATING → ACTIVE, say) stands in a table of its own. A verb in a state that its table
does not name is a 409: ``IncorrectState`` where the state passes by itself (clients retry), ``Conflict`` where not.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import TypeVar

from modelyard.errors import Conflict, IncorrectState


class State(str, Enum):
    """Be a lifecycle state: equal to, and written as, its name on the wire."""

    def __str__(self) -> str:
        return str(self.value)


class ProjectState(State):
    ACTIVE = "ACTIVE"
    DELETING = "DELETING"
    DELETED = "DELETED"


class ModelState(State):
    ACTIVE = "ACTIVE"
    INACTIVE = "INACTIVE"
    FAILED = "FAILED"
    DELETED = "DELETED"


class VersionSetState(State):
    ACTIVE = "ACTIVE"
    DELETING = "DELETING"
    DELETED = "DELETED"
    FAILED = "FAILED"


class ModelGroupState(State):
    CREATING = "CREATING"
    ACTIVE = "ACTIVE"
    INACTIVE = "INACTIVE"
    FAILED = "FAILED"
    DELETING = "DELETING"
    DELETED = "DELETED"


class GroupHistoryState(State):
    ACTIVE = "ACTIVE"
    FAILED = "FAILED"
    DELETING = "DELETING"
    DELETED = "DELETED"


class DeploymentState(State):
    CREATING = "CREATING"
    ACTIVE = "ACTIVE"
    UPDATING = "UPDATING"
    INACTIVE = "INACTIVE"
    FAILED = "FAILED"
    NEEDS_ATTENTION = "NEEDS_ATTENTION"
    DELETING = "DELETING"
    DELETED = "DELETED"


class StreamPoolState(State):
    CREATING = "CREATING"
    ACTIVE = "ACTIVE"
    UPDATING = "UPDATING"
    DELETING = "DELETING"
    DELETED = "DELETED"
    FAILED = "FAILED"


class StreamState(State):
    CREATING = "CREATING"
    ACTIVE = "ACTIVE"
    UPDATING = "UPDATING"
    DELETING = "DELETING"
    DELETED = "DELETED"
    FAILED = "FAILED"


class WorkRequestState(State):
    ACCEPTED = "ACCEPTED"
    IN_PROGRESS = "IN_PROGRESS"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELING = "CANCELING"
    CANCELED = "CANCELED"


_P, _M, _V, _D, _W = ProjectState, ModelState, VersionSetState, DeploymentState, WorkRequestState
_G, _H = ModelGroupState, GroupHistoryState

#: verb → state it is asked in → state that follows at once
PROJECT_MOVES: Mapping[str, Mapping[ProjectState, ProjectState]] = {
    "update": {_P.ACTIVE: _P.ACTIVE},
    "delete": {_P.ACTIVE: _P.DELETED},
}

MODEL_MOVES: Mapping[str, Mapping[ModelState, ModelState]] = {
    "update": {_M.ACTIVE: _M.ACTIVE, _M.INACTIVE: _M.INACTIVE},
    "activate": {_M.INACTIVE: _M.ACTIVE, _M.ACTIVE: _M.ACTIVE},
    "deactivate": {_M.ACTIVE: _M.INACTIVE, _M.INACTIVE: _M.INACTIVE},
    "delete": {_M.ACTIVE: _M.DELETED, _M.INACTIVE: _M.DELETED, _M.FAILED: _M.DELETED},
    "put_artifact": {_M.ACTIVE: _M.ACTIVE, _M.INACTIVE: _M.INACTIVE},
    "deploy": {_M.ACTIVE: _M.ACTIVE},
}

VERSION_SET_MOVES: Mapping[str, Mapping[VersionSetState, VersionSetState]] = {
    "update": {_V.ACTIVE: _V.ACTIVE},
    "delete": {_V.ACTIVE: _V.DELETED, _V.FAILED: _V.DELETED},
}

MODEL_GROUP_MOVES: Mapping[str, Mapping[ModelGroupState, ModelGroupState]] = {
    "update": {_G.ACTIVE: _G.ACTIVE, _G.INACTIVE: _G.INACTIVE},
    "activate": {_G.INACTIVE: _G.ACTIVE, _G.ACTIVE: _G.ACTIVE},
    "deactivate": {_G.ACTIVE: _G.INACTIVE, _G.INACTIVE: _G.INACTIVE},
    "delete": {_G.ACTIVE: _G.DELETED, _G.INACTIVE: _G.DELETED, _G.FAILED: _G.DELETED},
    "deploy": {_G.ACTIVE: _G.ACTIVE},
}

GROUP_HISTORY_MOVES: Mapping[str, Mapping[GroupHistoryState, GroupHistoryState]] = {
    "update": {_H.ACTIVE: _H.ACTIVE},
    "delete": {_H.ACTIVE: _H.DELETED, _H.FAILED: _H.DELETED},
}

STREAM_POOL_MOVES: Mapping[str, Mapping[StreamPoolState, StreamPoolState]] = {
    "update": {StreamPoolState.ACTIVE: StreamPoolState.ACTIVE},
    "add_stream": {StreamPoolState.ACTIVE: StreamPoolState.ACTIVE},
    "delete": {StreamPoolState.ACTIVE: StreamPoolState.DELETED},
}

STREAM_MOVES: Mapping[str, Mapping[StreamState, StreamState]] = {
    "update": {StreamState.ACTIVE: StreamState.ACTIVE},
    "put": {StreamState.ACTIVE: StreamState.ACTIVE},
    "read": {StreamState.ACTIVE: StreamState.ACTIVE},
    "delete": {StreamState.ACTIVE: StreamState.DELETED},
}

DEPLOYMENT_MOVES: Mapping[str, Mapping[DeploymentState, DeploymentState]] = {
    "update": {
        _D.ACTIVE: _D.UPDATING,
        _D.NEEDS_ATTENTION: _D.UPDATING,
        _D.INACTIVE: _D.INACTIVE,
        _D.FAILED: _D.UPDATING,
    },
    "activate": {_D.INACTIVE: _D.UPDATING},
    "deactivate": {_D.ACTIVE: _D.UPDATING, _D.NEEDS_ATTENTION: _D.UPDATING},
    "change_compartment": {
        _D.CREATING: _D.CREATING,
        _D.ACTIVE: _D.ACTIVE,
        _D.UPDATING: _D.UPDATING,
        _D.INACTIVE: _D.INACTIVE,
        _D.FAILED: _D.FAILED,
        _D.NEEDS_ATTENTION: _D.NEEDS_ATTENTION,
    },
    "delete": {
        _D.CREATING: _D.DELETING,
        _D.ACTIVE: _D.DELETING,
        _D.UPDATING: _D.DELETING,
        _D.INACTIVE: _D.DELETING,
        _D.FAILED: _D.DELETING,
        _D.NEEDS_ATTENTION: _D.DELETING,
    },
}

#: what the reconciler may record: state → states that may follow
DEPLOYMENT_OUTCOMES: Mapping[DeploymentState, frozenset[DeploymentState]] = {
    _D.CREATING: frozenset({_D.ACTIVE, _D.FAILED}),
    _D.UPDATING: frozenset({_D.ACTIVE, _D.INACTIVE, _D.FAILED, _D.NEEDS_ATTENTION}),
    _D.ACTIVE: frozenset({_D.NEEDS_ATTENTION}),
    _D.NEEDS_ATTENTION: frozenset({_D.ACTIVE}),
    _D.DELETING: frozenset({_D.DELETED}),
    _D.INACTIVE: frozenset(),
    _D.FAILED: frozenset(),
    _D.DELETED: frozenset(),
}

#: states that pass by themselves: asking again later may succeed
PASSING: frozenset[State] = frozenset({_P.DELETING, _V.DELETING, _D.CREATING, _D.UPDATING, _D.DELETING})

#: states in which a work request can be cancelled, and what follows
WORK_REQUEST_MOVES: Mapping[str, Mapping[WorkRequestState, WorkRequestState]] = {
    "start": {_W.ACCEPTED: _W.IN_PROGRESS, _W.IN_PROGRESS: _W.IN_PROGRESS},
    "succeed": {_W.ACCEPTED: _W.SUCCEEDED, _W.IN_PROGRESS: _W.SUCCEEDED},
    "fail": {_W.ACCEPTED: _W.FAILED, _W.IN_PROGRESS: _W.FAILED, _W.CANCELING: _W.FAILED},
    "cancel": {_W.ACCEPTED: _W.CANCELED, _W.IN_PROGRESS: _W.CANCELED},
}

WORK_REQUEST_DONE: frozenset[WorkRequestState] = frozenset({_W.SUCCEEDED, _W.FAILED, _W.CANCELED})

S = TypeVar("S", bound=State)


def next_state(moves: Mapping[str, Mapping[S, S]], verb: str, state: S, *, what: str) -> S:
    """Return the state that follows when a verb is asked for in a state.

    Args:
        moves: One of the tables above.
        verb: What is asked for.
        state: The state it is asked in.
        what: The resource, for the message.

    Raises:
        IncorrectState: Not now; the state passes by itself.
        Conflict: Not in this state, however long one waits.
    """
    if state in moves[verb]:
        return moves[verb][state]
    allowed = " or ".join(moves[verb])
    message = f"{what} is {state}; {verb} needs it {allowed}."
    if state in PASSING:
        raise IncorrectState(f"{message} Wait until it is, then try again.")
    raise Conflict(message)

"""The page of every state and legal move, from the tables that decide them."""

from __future__ import annotations

from collections.abc import Mapping

from generators.markdown import table
from modelyard import lifecycle
from modelyard.lifecycle import State

HEAD = """\
# States and moves

A row is what a caller may ask for, the state in which it may be asked, and the state that follows at once. Anything
else is a 409: `IncorrectState` where the state passes by itself (the official clients try again), `Conflict` where
waiting does not help.
"""

MOVES: dict[str, Mapping[str, Mapping[State, State]]] = {
    "Projects": lifecycle.PROJECT_MOVES,
    "Models": lifecycle.MODEL_MOVES,
    "Model version sets": lifecycle.VERSION_SET_MOVES,
    "Model groups": lifecycle.MODEL_GROUP_MOVES,
    "Model group version histories": lifecycle.GROUP_HISTORY_MOVES,
    "Deployments": lifecycle.DEPLOYMENT_MOVES,
    "Stream pools": lifecycle.STREAM_POOL_MOVES,
    "Streams": lifecycle.STREAM_MOVES,
    "Work requests": lifecycle.WORK_REQUEST_MOVES,
}


def page() -> str:
    """Return the page."""
    parts = [HEAD.strip()]
    for name, moves in MOVES.items():
        rows = [(verb, f"`{old}`", f"`{new}`") for verb, states in moves.items() for old, new in states.items()]
        parts += [f"## {name}", table(("asked", "in", "then"), rows)]
    outcomes = [
        (f"`{old}`", ", ".join(f"`{new}`" for new in sorted(news)) or "nothing: it stays until somebody asks")
        for old, news in lifecycle.DEPLOYMENT_OUTCOMES.items()
    ]
    parts += ["## What the reconciler makes of deployments", table(("from", "to"), outcomes)]
    passing = ", ".join(sorted(f"`{state}`" for state in lifecycle.PASSING))
    return "\n\n".join([*parts, f"States that pass by themselves: {passing}."])

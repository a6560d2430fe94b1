"""The oci command line, unmodified: the commands for all that the system needs."""

from __future__ import annotations

import uuid
from typing import Any


def test_the_commands_of_the_command_line_do_what_they_say(program: Any, service: Any) -> None:
    bucket = f"commands-{uuid.uuid4().hex[:8]}"
    report = program("commands.py", service.compartment_id, service.project_id, bucket)
    address = report.pop("address")
    assert report == {
        "project": ["commands", True],
        "artifact": [True],
        "provenance": ["0123abc", "other"],
        "model": ["renamed", "ACTIVE", "first", "kept"],
        "note": "a note",
        "group": ["ACTIVE", True],
        "listed": True,
        "version set": True,
        "shapes": True,
        "predicted": {"prediction": [2, 4]},
        "deployment": ["renamed", "ACTIVE"],
        "work requests": [
            "MODEL_DEPLOYMENT_ACTIVATE",
            "MODEL_DEPLOYMENT_CREATE",
            "MODEL_DEPLOYMENT_DEACTIVATE",
            "MODEL_DEPLOYMENT_UPDATE",
        ],
        "work request": [True, []],
        "deleted": "DELETED",
        "namespace": True,
        "large": True,
        "objects": ["a/large.bin", "b/small.txt", "c/small.txt"],
        "downloaded": "small",
    }
    assert address.startswith("/p/")

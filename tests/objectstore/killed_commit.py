"""Upload in parts, commit, delete, and be killed. Run by path: FOLDER, and on standard input a moment for each round.

One process that has everything imported forks a child for each line; the child says what is done, and dies after so
many seconds.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from shed import Shed

PARTS = {number: bytes([number]) * 100_000 for number in (1, 2, 3)}
OBJECTS = {"first": b"first" * 50_000, "committed": b"".join(PARTS.values())}


def work(folder: Path) -> None:
    """Say each step when it is acknowledged."""
    shed = Shed(folder)
    while True:
        shed.put("first", OBJECTS["first"])
        say("put first")
        upload_id = shed.begin("committed")
        etags = {number: shed.part("committed", upload_id, number, data).etag for number, data in PARTS.items()}
        shed.commit("committed", upload_id, etags)
        say("put committed")
        for name in OBJECTS:
            say(f"deleting {name}")
            shed.storage.objects.delete(shed.place(name), if_match=None)
            say(f"deleted {name}")


def say(what: str) -> None:
    """Write a line at once."""
    os.write(1, f"{what}\n".encode())


def main(folder: Path) -> None:
    """Fork a child for each line, and say when it is dead."""
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            signal.setitimer(signal.ITIMER_REAL, float(line))  # its signal ends the process as it stands
            work(folder)
        os.waitpid(child, 0)
        say("killed")


if __name__ == "__main__":
    main(Path(sys.argv[1]))

"""Save and pull an artifact of 2 GB, beside copying and summing up the same bytes; then save it with one file changed.

Save and pull each run in a process of their own, whose memory is theirs alone; the copy is made before and after, and
the mean of the two is what they are compared with.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import mean
from typing import Any, NamedTuple

from bench.figures import Figure

LARGE_FILES = 4
LARGE = 512 * 1024 * 1024
SMALL_FILES = 200
SMALL = 20_000

_RATIO = "<= 1.50"
_MEMORY = "<= 150 MB"

_PEAK = """
import json, re, resource, sys, time
from pathlib import Path

def peak():
    # ru_maxrss begins with what the parent had when it forked
    status = Path("/proc/self/status")
    if status.exists():
        return int(re.search(r"VmHWM:\\s+(\\d+) kB", status.read_text())[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
"""

_SAVE = """
import json, resource, sys, time
from pathlib import Path
from modelyard.client.connecting import connect
from modelyard.model import saving
from modelyard.model.progress import Silence
from modelyard.model.unfinished import UnfinishedSaves
from modelyard.resources.model import CreateModelDetails
from modelyard.settings import from_environ

sent = [0]

with connect() as client:
    put = client.put_artifact_segment
    def counted(upload, segment, blocks):
        sent[0] += segment.size
        put(upload, segment, blocks)
    client.put_artifact_segment = counted
    profile = client.profile
    details = CreateModelDetails(compartment_id=profile.compartment_id, project_id=profile.project_id)
    draft = saving.Draft(source=Path(sys.argv[1]), details=details)
    began = time.perf_counter()
    saved = saving.save_artifact(client, draft, saves=UnfinishedSaves(from_environ().saves), reporter=Silence())
    took = time.perf_counter() - began
print(json.dumps({"seconds": took, "peak": peak(), "sent": sent[0], "model_id": saved.model_id}))
"""

_PULL = """
import json, resource, sys, time
from pathlib import Path
from modelyard.client.connecting import connect
from modelyard.model import loading
from modelyard.model.progress import Silence

with connect() as client:
    began = time.perf_counter()
    loading.download(client, sys.argv[1], Path(sys.argv[2]), force_overwrite=False, reporter=Silence())
    took = time.perf_counter() - began
print(json.dumps({"seconds": took, "peak": peak()}))
"""


class Runs(NamedTuple):
    """Be what was measured; times in seconds, sizes in bytes."""

    size: int
    copies: list[float]
    save: dict[str, Any]
    pull: dict[str, Any]
    again: dict[str, Any]
    peaks: dict[str, int]


def figures() -> Iterator[Figure]:
    """Measure and give the figures."""
    with tempfile.TemporaryDirectory(prefix="modelyard-bench-") as folder:
        runs = _runs(Path(folder))
    peer = mean(runs.copies)
    for what, run in (("save", runs.save), ("pull", runs.pull)):
        yield Figure(
            what=f"{what} of {runs.size / 1e9:.1f} GB",
            value=f"{run['seconds']:.1f} s",
            peer=f"cp, fsync, sha256: {peer:.1f} s",
            ratio=run["seconds"] / peer,
            target=_RATIO,
        )
        yield Figure(what="  peak memory of the client", value=f"{run['peak'] / 1e6:.0f} MB", target=_MEMORY)
    for name, peak in runs.peaks.items():
        yield Figure(what=f"  peak memory of the {name}", value=f"{peak / 1e6:.0f} MB", target=_MEMORY)
    yield Figure(
        what="one small file changed: sent",
        value=f"{runs.again['sent'] / 1e6:.2f} MB",
        peer=f"all of it: {runs.size / 1e6:.0f} MB",
        ratio=runs.again["sent"] / runs.size,
        target="<= 0.01",
    )
    yield Figure(what="  save", value=f"{runs.again['seconds']:.1f} s")


def _runs(folder: Path) -> Runs:
    artifact = _artifact_in(folder / "artifact")
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("MODELYARD_", "OCI_"))}
    environ |= {"MODELYARD_HOME": str(folder / "home"), "MODELYARD_PORT": "0"}
    command = [sys.executable, "-m", "modelyard"]
    subprocess.run([*command, "up", "--detach"], env=environ, check=True, stdout=subprocess.DEVNULL)
    try:
        copies = [_copy(artifact, folder / "copy")]
        save = _run(_SAVE, artifact, environ=environ)
        pull = _run(_PULL, save["model_id"], folder / "pulled", environ=environ)
        copies.append(_copy(artifact, folder / "copy"))
        (artifact / "small-7.bin").write_bytes(os.urandom(SMALL))
        again = _run(_SAVE, artifact, environ=environ)
        status = subprocess.run(
            [*command, "status", "--output", "json"], env=environ, check=True, capture_output=True
        ).stdout
        peaks = {each["name"]: _peak_of(int(each["pid"])) for each in json.loads(status)["processes"]}
    finally:
        subprocess.run([*command, "down"], env=environ, check=True, stdout=subprocess.DEVNULL)
    size = sum(path.stat().st_size for path in artifact.iterdir())
    return Runs(size, copies, save, pull, again, {name: peak for name, peak in peaks.items() if peak})


def _artifact_in(folder: Path) -> Path:
    folder.mkdir()
    (folder / "score.py").write_text("def load_model(): pass\ndef predict(data, model=None): return data\n")
    for number in range(SMALL_FILES):
        (folder / f"small-{number}.bin").write_bytes(os.urandom(SMALL))
    for number in range(LARGE_FILES):
        with (folder / f"layer-{number}.bin").open("wb") as file:
            for _ in range(LARGE >> 20):
                file.write(os.urandom(1 << 20))
            os.fsync(file.fileno())
    return folder


def _copy(artifact: Path, target: Path) -> float:
    """Copy a folder durably and sum up the copy; return how long that takes."""
    began = time.perf_counter()
    subprocess.run(["cp", "-r", str(artifact), str(target)], check=True)
    state = hashlib.sha256()
    for path in sorted(target.iterdir()):
        with path.open("rb", buffering=0) as file:
            os.fsync(file.fileno())
            while block := file.read(1 << 18):
                state.update(block)
    took = time.perf_counter() - began
    shutil.rmtree(target)
    return took


def _run(program: str, *arguments: object, environ: dict[str, str]) -> dict[str, Any]:
    command = [sys.executable, "-c", _PEAK + program, *map(str, arguments)]
    done = subprocess.run(command, env=environ, check=True, capture_output=True, text=True)
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def _peak_of(pid: int) -> int:
    """Return the largest resident set of a process so far; 0 where the system does not say."""
    try:
        match = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    except OSError:
        return 0
    return int(match[1]) * 1024 if match else 0

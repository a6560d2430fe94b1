"""What an import costs: CPU time, wall time and number of modules, each in a fresh interpreter, medians of several."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median

from bench.figures import Figure

RUNS = 7

HEAVY = (
    *("numpy", "pandas", "sklearn", "scipy", "httpx", "cryptography", "rich"),
    *("sqlalchemy", "alembic", "starlette", "uvicorn", "httptools", "uvloop"),
    *("modelyard.server", "modelyard.gateway", "modelyard.catalog", "modelyard.deployments", "modelyard.database"),
)

OURS = ("import modelyard", "from modelyard.model.generic_model import GenericModel")
PEER = "import sklearn"

_PROBE = """
import json, sys, time
known = set(sys.modules)
wall, cpu = time.perf_counter(), time.process_time()
{statement}
used = time.perf_counter() - wall, time.process_time() - cpu
print(json.dumps([*used, sorted(set(sys.modules) - known)]))
"""


@dataclass(frozen=True)
class Cost:
    """Be what one import costs; times in milliseconds."""

    wall: float
    cpu: float
    modules: tuple[str, ...]


def cost_of(statement: str, *, runs: int = RUNS) -> Cost:
    """Return the medians over several fresh interpreters, after one that fills the caches."""
    seen = [_once(statement) for _ in range(runs + 1)][1:]
    return Cost(median(each.wall for each in seen), median(each.cpu for each in seen), seen[-1].modules)


def figures() -> Iterator[Figure]:
    """Measure and give the figures."""
    peer = cost_of(PEER)
    for statement in OURS:
        cost = cost_of(statement)
        what = statement.replace("modelyard.model.generic_model", "….generic_model")
        yield Figure(
            what=f"{what}: CPU",
            value=f"{cost.cpu:.0f} ms",
            peer=f"{PEER}: {peer.cpu:.0f} ms",
            ratio=cost.cpu / peer.cpu,
            target="ratio <= 0.10",
        )
        yield Figure(
            what="  wall",
            value=f"{cost.wall:.0f} ms",
            peer=f"{peer.wall:.0f} ms",
            ratio=cost.wall / peer.wall,
        )
        yield Figure(
            what="  modules",
            value=str(len(cost.modules)),
            peer=str(len(peer.modules)),
            ratio=len(cost.modules) / len(peer.modules),
        )
        yield Figure(what="  heavy modules among them", value=_heavy_among(cost.modules), target="none")


def _once(statement: str) -> Cost:
    probe = [sys.executable, "-c", _PROBE.format(statement=statement)]
    # installed packages have their bytecode: ours must be able to keep its own
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(probe, env=environ, capture_output=True, text=True, check=True)
    wall, cpu, modules = json.loads(done.stdout)
    return Cost(wall * 1000, cpu * 1000, tuple(modules))


def _heavy_among(modules: tuple[str, ...]) -> str:
    return ", ".join(name for name in HEAVY if name in modules) or "none"

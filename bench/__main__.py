"""Measure and print one table: ``python -m bench`` runs every part, ``python -m bench NAME`` one of them."""

from __future__ import annotations

import argparse
import os
import platform
from collections.abc import Callable, Iterable, Iterator

from bench import first_prediction, import_time, large_artifact, large_catalog, predict
from bench.figures import Figure, table

PREDICT_SECONDS = 3.0

CPU_TARGET = "CPU ratio <= 1.50"


def main() -> None:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="NAME", help=f"one of {', '.join(PARTS)}; all unless told")
    parts = parser.parse_args().parts or list(PARTS)
    unknown = sorted(set(parts) - set(PARTS))
    if unknown:
        parser.error(f"{', '.join(unknown)}: no such part; there are {', '.join(PARTS)}")
    print(f"Python {platform.python_version()}, {os.cpu_count()} processors, {platform.system()}\n")
    for line in table(figure for name in parts for figure in PARTS[name]()):
        print(line, flush=True)


def _predict_figures() -> Iterator[Figure]:
    peers: dict[int, predict.Row] = {}
    for row in predict.rows(PREDICT_SECONDS):
        peer = peers.setdefault(row.connections, row)
        if peer is not row:
            yield from _compared(row, peer)


def _compared(row: predict.Row, peer: predict.Row) -> Iterable[Figure]:
    rate, peer_rate = (each.load.requests / each.load.seconds for each in (row, peer))
    load, other = row.load, peer.load
    yield Figure(
        what=f"{row.server}, {row.connections} conn.: CPU/request",
        value=f"{row.cpu_us:.0f} µs",
        peer=f"bare uvicorn app: {peer.cpu_us:.0f} µs",
        ratio=row.cpu_us / peer.cpu_us,
        target=CPU_TARGET,
    )
    yield Figure(
        what="  requests/s",
        value=f"{rate:.0f}",
        peer=f"{peer_rate:.0f}",
        ratio=rate / peer_rate,
    )
    yield Figure(
        what="  p50 / p99",
        value=f"{load.p50_ms:.2f} / {load.p99_ms:.2f} ms",
        peer=f"{other.p50_ms:.2f} / {other.p99_ms:.2f} ms",
        ratio=load.p50_ms / other.p50_ms,
    )
    yield Figure(what="  failed", value=str(load.failures), peer=str(other.failures), target="0")


PARTS: dict[str, Callable[[], Iterator[Figure]]] = {
    "import_time": import_time.figures,
    "large_catalog": large_catalog.figures,
    "large_artifact": large_artifact.figures,
    "first_prediction": first_prediction.figures,
    "predict": _predict_figures,
}

if __name__ == "__main__":
    main()

"""What groups of processes use: processor time and memory, from /proc, or from ps where there is none."""

from __future__ import annotations

import os
import subprocess
from collections import defaultdict
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

from modelyard.deployments.driver import Usage

_PROC = Path("/proc")
_PS = ("ps", "-A", "-o", "pgid=,time=,rss=")
_PATIENCE = 10.0


def usage_of_groups(groups: Collection[int], *, proc: Path = _PROC) -> dict[int, Usage]:
    """Return what each process group uses that has processes.

    Args:
        groups: The groups' ids.
        proc: Where the kernel tells of processes.
    """
    if not groups:
        return {}
    found = _from_proc(groups, proc) if (proc / "self" / "stat").exists() else _from_ps(groups)
    of_each: dict[int, list[Usage]] = defaultdict(list)
    for group, usage in found:
        of_each[group].append(usage)
    return {group: total(usages) for group, usages in of_each.items()}


def total(usages: Collection[Usage]) -> Usage:
    """Return what several use together."""
    # rounded, so that time which goes from a dead process to its parent's account comes to the same
    seconds = round(sum(one.cpu_seconds for one in usages), 6)
    return Usage(cpu_seconds=seconds, memory=sum(one.memory for one in usages))


def _from_proc(groups: Collection[int], proc: Path) -> list[tuple[int, Usage]]:
    """Return each process's group and usage; a child that has ended counts with its parent, so that time only grows."""
    ticks = os.sysconf("SC_CLK_TCK")
    found = []
    for folder in proc.iterdir():
        if not folder.name.isdigit():
            continue
        with suppress(OSError, ValueError, IndexError):  # it has ended meanwhile
            fields = (folder / "stat").read_bytes().rpartition(b")")[2].split()
            if (group := int(fields[2])) in groups:
                seconds = sum(int(field) for field in fields[11:15]) / ticks
                found.append((group, Usage(cpu_seconds=seconds, memory=_memory(folder, pages=int(fields[21])))))
    return found


def _memory(process: Path, *, pages: int) -> int:
    """Return the memory of a process in bytes, with its share of what it shares; with all of that if nobody tells."""
    with suppress(OSError, ValueError):
        for line in (process / "smaps_rollup").read_bytes().splitlines():
            if line.startswith(b"Pss:"):
                return int(line.split()[1]) * 1024
    return pages * os.sysconf("SC_PAGE_SIZE")


def _from_ps(groups: Collection[int]) -> list[tuple[int, Usage]]:
    try:
        done = subprocess.run(_PS, capture_output=True, text=True, timeout=_PATIENCE, check=True)
    except (OSError, subprocess.SubprocessError):
        return []
    found = []
    for line in done.stdout.splitlines():
        with suppress(ValueError):
            group, time, kilobytes = line.split()
            if int(group) in groups:
                found.append((int(group), Usage(cpu_seconds=seconds_of(time), memory=int(kilobytes) * 1024)))
    return found


def seconds_of(text: str) -> float:
    """Return the seconds of a time as ps writes it: ``[[days-]hours:]minutes:seconds``."""
    days, _, clock = text.rpartition("-")
    total = 0.0
    for part in clock.split(":"):
        total = total * 60 + float(part)
    return total + 86_400 * int(days or 0)
